//! What values do inside a template: truth, printing, joining, filters, tests and methods, as in JavaScript.
//!
//! Owns everything that both environments register alike. Syntax is [`crate::nunjucks`]'s; which templates exist is
//! [`crate::components`]'s and [`crate::pages`]'s.

mod dates;
mod filters;
mod values;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Rest, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior};

pub(crate) use values::from_page;

/// An environment with the compatibility layer's filters, tests and functions, and no templates.
pub(crate) fn environment(undefined: UndefinedBehavior) -> Environment<'static> {
    let mut env = Environment::new();
    env.set_undefined_behavior(undefined);
    // Errors must not carry the values of a page, which may be personal data.
    env.set_debug(false);
    // The rewriter settles white space.
    let syntax = SyntaxConfig::builder().keep_trailing_newline(true).build();
    env.set_syntax(syntax.expect("no delimiter is changed, and only those can clash"));
    env.set_auto_escape_callback(|_| AutoEscape::Html);
    env.set_path_join_callback(|name, parent| join_path(name, parent).into());
    env.set_formatter(print);
    env.set_unknown_method_callback(values::method);
    env.add_global("undefined", Value::UNDEFINED);
    env.add_function("__list", |items: Rest<Value>| values::list(items.0));
    env.add_function("__dict", values::empty_dict);
    env.add_function("__join", move |parts: Rest<Value>| {
        values::join(&parts.0, undefined != UndefinedBehavior::Chainable)
    });
    env.add_test("__nothing", |value: &Value| value.is_none() || value.is_undefined());
    env.add_test("__same", |left: &Value, right: &Value| values::same(left, right));
    env.add_test("__in", |item: &Value, of: &Value| values::contains(of, item));
    env.add_test("string", |value: &Value| value.as_str().is_some() && !value.is_safe());
    env.add_test("truthy", |value: &Value| value.is_true());
    env.add_test("falsy", |value: &Value| !value.is_true());
    filters::register(&mut env);
    env
}

/// Prints a value as Nunjucks does: nothing for none, JavaScript's form for numbers and lists, everything else escaped.
fn print(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    if value.is_undefined() && state.undefined_behavior() != UndefinedBehavior::Chainable {
        return Err(Error::new(ErrorKind::UndefinedError, "an undefined value is printed"));
    }
    let is_plain = value.is_safe() || matches!(state.auto_escape(), AutoEscape::None);
    let written = match value.as_str() {
        Some(text) if is_plain => out.write_str(text),
        Some(text) => out.write_str(&values::escape(text)),
        None => out.write_str(&values::escape(&values::text(value))),
    };
    written.map_err(|_| Error::new(ErrorKind::WriteFailure, "cannot write the output"))
}

/// Resolves `./` and `../` against the template that names them; other names are absolute.
fn join_path(name: &str, parent: &str) -> String {
    if !name.starts_with("./") && !name.starts_with("../") {
        return name.to_owned();
    }
    let mut segments: Vec<&str> = parent.split('/').collect();
    segments.pop();
    for segment in name.split('/') {
        match segment {
            "." => {}
            ".." => {
                segments.pop();
            }
            other => segments.push(other),
        }
    }
    segments.join("/")
}
