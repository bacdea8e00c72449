"""Who is told what newly waits on the path: by the other side's steps, by one's own, and by the clock."""
