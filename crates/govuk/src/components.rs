//! Runs the official component macros.
//!
//! Owns the environment in which they run: lenient, as in Node.js, and closed, so that a component sees nothing but its
//! arguments.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use minijinja::value::Value;
use minijinja::{Environment, UndefinedBehavior};

use crate::nunjucks::{Dialect, rewrite};
use crate::{Error, packages, runtime};

/// The official components of GOV.UK Frontend and MoJ Frontend, rendered one at a time.
///
/// Pages do not need it: they import macros through [`environment`](crate::environment). It serves code that wants a
/// single component.
#[derive(Debug)]
pub struct Components {
    env: Environment<'static>,
    /// Template by macro name.
    index: OnceLock<BTreeMap<String, &'static str>>,
}

/// What begins the name of a template that makes one call.
const ONE_CALL: &str = "call:";

impl Components {
    /// The components, none of them read yet.
    #[must_use]
    pub fn new() -> Self {
        let mut env = runtime::environment(UndefinedBehavior::Chainable);
        env.set_loader(|name| load(name).map_err(minijinja::Error::from));
        Self { env, index: OnceLock::new() }
    }

    /// The one instance that every page environment shares.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: LazyLock<Components> = LazyLock::new(Components::new);
        &SHARED
    }

    /// Renders a component by the name of its macro, such as `govukButton`, with its one argument.
    ///
    /// # Errors
    /// [`Error::Unknown`] when no package offers the macro; [`Error::Engine`] when rendering fails.
    pub fn render(&self, name: &str, params: &Value) -> Result<String, Error> {
        let template = self.template(name).ok_or_else(|| Error::Unknown { name: name.to_owned() })?;
        self.call(template, name, std::slice::from_ref(params), None)
    }

    /// The name of the template that offers a macro: `govuk/components/button/macro.njk` for `govukButton`.
    pub fn template(&self, name: &str) -> Option<&'static str> {
        self.index().get(name).copied()
    }

    /// The names of all macros that the packages' `macro.njk` files offer, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.index().keys().map(String::as_str)
    }

    /// Calls a macro of an official template, with the body of a `{% call %}` if there is one.
    pub(crate) fn call(
        &self,
        template: &str,
        name: &str,
        arguments: &[Value],
        body: Option<Value>,
    ) -> Result<String, Error> {
        let called = body.is_some();
        let call = format!("{ONE_CALL}{}:{}:{name}:{template}", arguments.len(), u8::from(called));
        let mut context: Vec<(String, Value)> = arguments
            .iter()
            .enumerate()
            .map(|(index, argument)| (format!("__argument{index}"), runtime::from_page(argument)))
            .collect();
        context.extend(body.map(|body| ("__body".to_owned(), body)));
        Ok(self.env.get_template(&call)?.render(Value::from_pairs(context))?)
    }

    fn index(&self) -> &BTreeMap<String, &'static str> {
        self.index.get_or_init(|| {
            let files = packages::TEMPLATES.iter().filter(|(name, _)| name.ends_with("/macro.njk"));
            files
                .flat_map(|(name, source)| {
                    // A file that cannot be read offers nothing; a test reads them all.
                    let offered = rewrite::macros(name, source).unwrap_or_default();
                    offered.into_iter().map(move |signature| (signature.name, *name))
                })
                .collect()
        })
    }
}

impl Default for Components {
    fn default() -> Self {
        Self::new()
    }
}

fn load(name: &str) -> Result<Option<String>, Error> {
    if let Some(call) = name.strip_prefix(ONE_CALL) {
        let mut parts = call.splitn(4, ':');
        let (Some(count), Some(called), Some(macro_name), Some(template)) =
            (parts.next().and_then(|count| count.parse().ok()), parts.next(), parts.next(), parts.next())
        else {
            return Ok(None);
        };
        return Ok(Some(rewrite::one_call(template, macro_name, count, called == "1")));
    }
    packages::template(name).map(|source| rewrite::rewrite(name, source, Dialect::Component)).transpose()
}
