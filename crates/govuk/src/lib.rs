//! GOV.UK Frontend and MoJ Frontend components for Rust, from the official templates.
