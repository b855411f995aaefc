"""The tracker: asks every exchange on a beat, within its budget, and always knows how old what it knows is."""
