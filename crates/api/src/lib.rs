//! The REST contract: handlers and wire shapes.
