//! The rules: ids, values, states, transitions, deadlines and access. Pure; no input or output.
