"""Bench the bench: real races in which somebody lies, and whether fetchrace catches the lie."""
