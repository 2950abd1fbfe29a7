//! The pages: typed routes, view models and templates.
