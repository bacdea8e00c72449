"""One room per service. A service never reaches into another: only its `public` module may be imported."""
