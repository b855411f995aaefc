"""The history: quotes that the tracker saw, in a SQLite database of the user's.

kept        what one row says, and how it becomes a quote again
database    the file: what may be opened, its tables, and what is wrong with it as a sentence
ledger      writing: changes are added, what stays as it was is seen longer, what is old goes
writer      the ledger on a thread of its own, so that no poller waits for a disk
search      reading: what was asked for, page by page
"""
