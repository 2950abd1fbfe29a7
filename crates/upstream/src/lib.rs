//! One client per external system: wire shapes, time-outs, retry classes and error mapping.
