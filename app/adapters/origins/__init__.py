"""Origins: where records come from (asked for, pushed, dropped, by the clock, our own events), and how they go on."""
