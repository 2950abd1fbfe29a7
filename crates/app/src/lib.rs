//! Use cases: authenticate, authorise, load, decide, write, enqueue.
