//! Writes a Nunjucks template as a minijinja template.
//!
//! Owns the differences between the tags of the two: see the table in the crate's documentation.

use std::fmt::Write as _;

use super::Dialect;
use super::emit::{Emitter, quoted};
use super::expression::{Expr, Reader};
use super::lexer::{self, Content, Inside};
use super::scope::{self, Frames, Walk};
use super::statement::{self, Parameter, Statement};
use crate::Error;

/// A piece that has been read.
enum Part<'s> {
    Verbatim(&'s str),
    Output(Inside, Expr),
    Tag(Inside, Statement),
}

/// A macro that a template offers: its name and its parameters' names.
#[derive(Debug)]
pub(crate) struct Signature {
    pub(crate) name: String,
    pub(crate) parameters: Vec<String>,
}

/// Rewrites a template.
///
/// # Errors
/// [`Error::Syntax`] with the line, for anything that is not understood.
pub(crate) fn rewrite(name: &str, source: &str, dialect: Dialect) -> Result<String, Error> {
    let parts = read(name, source)?;
    let frames = scope::analyse(statements(&parts));
    Ok(Writer { frames: &frames, dialect, walk: Walk::new(), parts: &parts, captures: Vec::new() }.write())
}

/// The macros that a template offers to others: those whose names do not begin with an underscore.
///
/// # Errors
/// As [`rewrite`].
pub(crate) fn macros(name: &str, source: &str) -> Result<Vec<Signature>, Error> {
    let parts = read(name, source)?;
    let offered = statements(&parts).filter_map(|statement| match statement {
        Statement::Macro { name, parameters } if !name.starts_with('_') => Some(Signature {
            name: name.clone(),
            parameters: parameters.iter().map(|parameter| parameter.name.clone()).collect(),
        }),
        _ => None,
    });
    Ok(offered.collect())
}

fn read<'s>(name: &str, source: &'s str) -> Result<Vec<Part<'s>>, Error> {
    let fail = |line, reason| Error::Syntax { template: name.to_owned(), line, reason };
    let pieces = lexer::cut(source).map_err(|(line, reason)| fail(line, reason))?;
    let mut parts = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let fail = |reason| fail(piece.line, reason);
        parts.push(match piece.content {
            Content::Verbatim(text) => Part::Verbatim(text),
            Content::Output(inside) => {
                let mut reader = Reader::new(&inside.tokens);
                let expression = reader.expression().map_err(fail)?;
                reader.end().map_err(fail)?;
                Part::Output(inside, expression)
            }
            Content::Tag(inside) => {
                let statement = statement::read(&inside.tokens).map_err(fail)?;
                Part::Tag(inside, statement)
            }
        });
    }
    Ok(parts)
}

fn statements<'a>(parts: &'a [Part<'_>]) -> impl Iterator<Item = &'a Statement> {
    parts.iter().filter_map(|part| match part {
        Part::Tag(_, statement) => Some(statement),
        Part::Verbatim(_) | Part::Output(..) => None,
    })
}

struct Writer<'a> {
    frames: &'a Frames,
    dialect: Dialect,
    walk: Walk,
    parts: &'a [Part<'a>],
    /// For each open `call`: the text of the call, if its body had to be captured first.
    captures: Vec<Option<String>>,
}

impl Writer<'_> {
    fn write(mut self) -> String {
        let mut out = String::new();
        self.declare(&mut out, 0);
        for (index, part) in self.parts.iter().enumerate() {
            match part {
                Part::Verbatim(text) => out.push_str(text),
                Part::Output(inside, expression) => {
                    out.push_str("{{ ");
                    out.push_str(&"\n".repeat(inside.breaks_before));
                    out.push_str(&self.emitter().write(expression));
                    out.push_str(&"\n".repeat(inside.breaks));
                    out.push_str(" }}");
                }
                Part::Tag(inside, statement) => {
                    if scope::closes(statement) {
                        self.walk.leave();
                    }
                    self.tag(&mut out, index, inside, statement);
                }
            }
        }
        out
    }

    fn emitter(&self) -> Emitter<'_> {
        Emitter { dialect: self.dialect, frames: self.frames, frame: self.walk.current() }
    }

    /// Declares the namespaces of a scope's carried variables, which begin with the value from outside.
    fn declare(&self, out: &mut String, frame: usize) {
        for (name, namespace) in self.frames.carried(frame) {
            let _ = write!(out, "{{% set {namespace} = namespace(v={name}) %}}");
        }
    }

    fn tag(&mut self, out: &mut String, index: usize, inside: &Inside, statement: &Statement) {
        let emitter = self.emitter();
        let body = match statement {
            Statement::If(test) => format!("if {}", emitter.write(test)),
            Statement::ElseIf(test) => format!("elif {}", emitter.write(test)),
            Statement::Else => "else".to_owned(),
            Statement::EndIf => "endif".to_owned(),
            Statement::For { targets, over } => {
                let each = if targets.len() == 2 { "__pairs" } else { "__each" };
                let body = format!("for {} in ({}|{each})", targets.join(", "), emitter.write(over));
                let frame = self.walk.enter();
                for (_, namespace) in self.frames.carried(frame) {
                    let _ = write!(out, "{{% set {namespace} = namespace() %}}");
                }
                body
            }
            Statement::EndFor => "endfor".to_owned(),
            Statement::Set { targets, value } => {
                let targets: Vec<_> = targets.iter().map(|name| self.target(name)).collect();
                // Nunjucks gives every name the one value.
                let value = emitter.write(value);
                let (first, others) = targets.split_first().map_or(("", &targets[..]), |(first, rest)| (first, rest));
                for other in others {
                    let _ = write!(out, "{{% set {other} = {value} %}}");
                }
                format!("set {first} = {value}")
            }
            Statement::Capture(name) => format!("set {}", self.target(name)),
            Statement::EndSet => "endset".to_owned(),
            Statement::Macro { name, parameters } => {
                let frame = self.walk.enter();
                write_tag(out, inside, &format!("macro {name}({})", self.parameters(parameters)));
                if self.has(index, |statement| matches!(statement, Statement::Include { .. })) {
                    // A macro takes along only what its own text mentions, but the included template may use more: the
                    // caller's body, and what stands at the top of this file.
                    out.push_str("{% if caller is defined");
                    for outer in self.frames.declared(0).filter(|outer| *outer != name) {
                        let _ = write!(out, " and {outer} is defined");
                    }
                    out.push_str(" %}{% endif %}");
                }
                self.declare(out, frame);
                return;
            }
            Statement::EndMacro => "endmacro".to_owned(),
            Statement::Call { parameters, call } => {
                let call = emitter.write(call);
                let frame = self.walk.enter();
                let head = if parameters.is_empty() {
                    format!("call {call}")
                } else {
                    format!("call({}) {call}", self.parameters(parameters))
                };
                if self.has(index, |statement| matches!(statement, Statement::Block(_))) {
                    // Blocks may not stand inside a call here, so the body is rendered first.
                    self.captures.push(Some(format!("{head} %}}{{{{ __body{index} }}}}{{% endcall")));
                    write_tag(out, inside, &format!("set __body{index}"));
                } else {
                    self.captures.push(None);
                    write_tag(out, inside, &head);
                }
                self.declare(out, frame);
                return;
            }
            Statement::EndCall => match self.captures.pop().flatten() {
                Some(call) => format!("endset %}}{{% {call}"),
                None => "endcall".to_owned(),
            },
            Statement::Include { name, ignore_missing } => {
                format!("include {}{}", emitter.write(name), if *ignore_missing { " ignore missing" } else { "" })
            }
            Statement::Import { template, name } => format!("import {} as {name}", emitter.write(template)),
            Statement::From { template, names } => {
                let names: Vec<_> = names
                    .iter()
                    .map(|(name, alias)| {
                        alias.as_ref().map_or_else(|| name.clone(), |alias| format!("{name} as {alias}"))
                    })
                    .collect();
                format!("from {} import {}", emitter.write(template), names.join(", "))
            }
            Statement::Block(name) => {
                let frame = self.walk.enter();
                write_tag(out, inside, &format!("block {name}"));
                self.declare(out, frame);
                return;
            }
            Statement::EndBlock => "endblock".to_owned(),
            Statement::Extends(name) => format!("extends {}", emitter.write(name)),
            Statement::FilterBlock(name, arguments) => {
                format!("filter {name}({})", emitter.write_arguments(arguments))
            }
            Statement::EndFilter => "endfilter".to_owned(),
        };
        write_tag(out, inside, &body);
    }

    /// What `set` writes to.
    fn target(&self, name: &str) -> String {
        let namespace = self.frames.written(self.walk.current(), name);
        namespace.map_or_else(|| name.to_owned(), |namespace| format!("{namespace}.v"))
    }

    fn parameters(&self, parameters: &[Parameter]) -> String {
        let emitter = self.emitter();
        let written: Vec<_> = parameters
            .iter()
            .map(|parameter| match &parameter.default {
                Some(default) => format!("{}={}", parameter.name, emitter.write(default)),
                None => parameter.name.clone(),
            })
            .collect();
        written.join(", ")
    }

    /// Whether the body of the `call` or `macro` at this index holds such a tag.
    fn has(&self, index: usize, wanted: impl Fn(&Statement) -> bool) -> bool {
        let mut depth = 0_usize;
        for statement in statements(&self.parts[index + 1..]) {
            match statement {
                Statement::Call { .. } | Statement::Macro { .. } => depth += 1,
                Statement::EndCall | Statement::EndMacro if depth == 0 => return false,
                Statement::EndCall | Statement::EndMacro => depth -= 1,
                other if wanted(other) => return true,
                _ => {}
            }
        }
        false
    }
}

/// Writes a tag on as many lines as the original took, together with those that went missing before it.
fn write_tag(out: &mut String, inside: &Inside, body: &str) {
    let (before, after) = ("\n".repeat(inside.breaks_before), "\n".repeat(inside.breaks));
    let _ = write!(out, "{{% {before}{body}{after} %}}");
}

/// A template that offers the same macros and hands each call to the function `__component`.
pub(crate) fn stand_in(name: &str, offered: &[Signature]) -> String {
    let mut out = String::new();
    for Signature { name: macro_name, parameters } in offered {
        let separated = parameters.join(", ");
        let _ = write!(
            out,
            "{{% macro {macro_name}({separated}) %}}{{{{ __component({}, {}, (caller() if caller is defined else none){}{separated}) }}}}{{% endmacro %}}",
            quoted(name),
            quoted(macro_name),
            if parameters.is_empty() { "" } else { ", " },
        );
    }
    out
}

/// A template that makes one call of an official macro with `count` positional arguments, and with a body if `called`.
pub(crate) fn one_call(template: &str, macro_name: &str, count: usize, called: bool) -> String {
    let arguments: Vec<_> = (0..count).map(|index| format!("__argument{index}")).collect();
    let call = format!("{macro_name}({})", arguments.join(", "));
    let import = format!("{{% from {} import {macro_name} %}}", quoted(template));
    if called {
        format!("{import}{{% call {call} %}}{{{{ __body }}}}{{% endcall %}}")
    } else {
        format!("{import}{{{{ {call} }}}}")
    }
}
