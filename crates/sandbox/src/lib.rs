//! Stateful stand-ins of every external system, with a fault plan and a control API.
