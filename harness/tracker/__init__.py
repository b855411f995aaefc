"""The tracker: asks every exchange on a beat, within its budget, and always knows how old what it knows is.

tracker     all of it, for whoever wants readings; reading has what they get
beat        what is asked for, how often, and how old it may be
scheduler   of one exchange: what is due (tasks), what may go (budget, cheapest, backoff), how it went (tally)
poller      a thread that fetches for one scheduler; pollers are those of one strategy, batch is what one has on its way
cache       the latest price of each market, and its age
standing    who has answered a beat, for people
teller      hands what came in to the history
"""
