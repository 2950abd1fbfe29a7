//! What the checker says of relays that break their promises, and of the real one.

mod broken;
