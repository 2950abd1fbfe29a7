//! The environment in which a product's own pages run.
//!
//! Owns the strictness: an undefined variable is an error that names it. Pages import the official macros and extend the
//! official layouts by their own names; each call of a macro is handed to [`Components`], whose environment is lenient.

use minijinja::value::{Rest, Value};
use minijinja::{Environment, UndefinedBehavior};

use crate::nunjucks::{Dialect, rewrite};
use crate::{Components, Error, asset_path, packages, runtime};

/// An environment for page templates, with the official templates loadable by their own names.
///
/// `{% from "govuk/components/button/macro.njk" import govukButton %}` and `{% extends "govuk/template.njk" %}` (or
/// `moj/…`) work as in any GOV.UK service. The function `asset_path(name)` gives the immutable path of an asset.
#[must_use]
pub fn environment() -> Environment<'static> {
    let mut env = runtime::environment(UndefinedBehavior::Strict);
    env.set_loader(|name| load(name).map_err(minijinja::Error::from));
    env.add_function("asset_path", |name: String| asset_path(&name));
    env.add_function("__component", |template: &str, name: &str, body: Value, arguments: Rest<Value>| {
        component(template, name, body, &arguments.0)
    });
    env
}

/// Adds a page template, written in Nunjucks; undefined variables are errors.
///
/// # Errors
/// [`Error::Syntax`] with the line, or [`Error::Engine`] when minijinja refuses the rewritten template.
pub fn add_page(env: &mut Environment<'_>, name: &str, source: &str) -> Result<(), Error> {
    let rewritten = rewrite::rewrite(name, source, Dialect::Page)?;
    Ok(env.add_template_owned(name.to_owned(), rewritten)?)
}

fn component(template: &str, name: &str, body: Value, arguments: &[Value]) -> Result<Value, minijinja::Error> {
    let body = (!body.is_none()).then_some(body);
    let html = Components::shared().call(template, name, arguments, body)?;
    Ok(Value::from_safe_string(html))
}

/// Official macros as stand-ins that call the real ones, and official layouts made fit for the strict environment.
fn load(name: &str) -> Result<Option<String>, Error> {
    let Some(source) = packages::template(name) else { return Ok(None) };
    let offered = rewrite::macros(name, source)?;
    if !offered.is_empty() {
        return Ok(Some(rewrite::stand_in(name, &offered)));
    }
    // Other templates below `components` are the insides of a macro.
    if name.contains("/components/") { Ok(None) } else { rewrite::rewrite(name, source, Dialect::Layout).map(Some) }
}
