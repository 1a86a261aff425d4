"""The leaderboard of a task: what its rows are, how they are run, and what is written of them."""
