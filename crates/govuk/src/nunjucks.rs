//! The compatibility layer: reads Nunjucks and writes minijinja.
//!
//! Owns the syntax of both languages: [`lexer`] cuts a source into text and tags, [`expression`] reads what stands inside
//! a tag, [`statement`] reads the tags, [`scope`] works out where a variable lives, [`emit`] and [`rewrite`] write the
//! result. What a value *does* (truth, printing, filters) is [`crate::runtime`]'s.
//! Rules: the Nunjucks 3.2 parser and compiler, as far as templates for GOV.UK services use it.

pub(crate) mod emit;
pub(crate) mod expression;
pub(crate) mod lexer;
pub(crate) mod rewrite;
pub(crate) mod scope;
pub(crate) mod statement;

/// For whom a template is rewritten; decides what an undefined variable means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// An official component: undefined is nothing, as in JavaScript.
    Component,
    /// An official page layout, which runs in the strict environment: a variable that is not set is none.
    Layout,
    /// A page of the product: an undefined variable is an error that names it.
    Page,
}
