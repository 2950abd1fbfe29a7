//! Writes expressions as minijinja source.

use std::fmt::Write as _;

use super::Dialect;
use super::expression::{Argument, Expr};
use super::scope::Frames;

/// Writes the expressions of one frame.
#[derive(Clone, Copy)]
pub(crate) struct Emitter<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) frames: &'a Frames,
    pub(crate) frame: usize,
}

impl Emitter<'_> {
    /// The expression, in brackets where its parts could otherwise bind differently.
    pub(crate) fn write(&self, expression: &Expr) -> String {
        let mut out = String::new();
        self.expr(&mut out, expression);
        out
    }

    /// Arguments of a macro, filter or test, without brackets.
    pub(crate) fn write_arguments(&self, arguments: &[Argument]) -> String {
        let mut out = String::new();
        self.arguments(&mut out, arguments);
        out
    }

    fn expr(&self, out: &mut String, expression: &Expr) {
        match expression {
            Expr::Name(_) | Expr::Attribute(..) | Expr::Item(..) => self.guarded(out, expression),
            other => self.plain(out, other),
        }
    }

    /// A path, with the guard that its dialect puts on undefined values.
    fn guarded(&self, out: &mut String, path: &Expr) {
        match self.dialect {
            Dialect::Component => self.plain(out, path),
            Dialect::Layout => {
                out.push('(');
                self.plain(out, path);
                out.push_str("|__optional)");
            }
            Dialect::Page => {
                out.push('(');
                self.plain(out, path);
                let _ = write!(out, "|__defined({}))", quoted(&describe(path)));
            }
        }
    }

    /// The expression, with no guard on itself.
    fn plain(&self, out: &mut String, expression: &Expr) {
        match expression {
            Expr::Text(text) => out.push_str(&quoted(text)),
            Expr::Number(number) => out.push_str(number),
            Expr::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Expr::None => out.push_str("none"),
            Expr::Undefined => out.push_str("undefined"),
            Expr::Name(name) => match self.frames.read(self.frame, name) {
                Some(namespace) => {
                    let _ = write!(out, "{namespace}.v");
                }
                None => out.push_str(name),
            },
            Expr::Attribute(of, name) => {
                // `length` is a property of lists and strings in JavaScript, and `val` the text of a safe string.
                if name == "length" || name == "val" {
                    out.push('(');
                    self.plain(out, of);
                    let _ = write!(out, "|__{name})");
                } else {
                    self.plain(out, of);
                    let _ = write!(out, ".{name}");
                }
            }
            Expr::Item(of, item) => {
                self.plain(out, of);
                out.push('[');
                self.expr(out, item);
                out.push(']');
            }
            Expr::Call(callee, arguments) => {
                self.plain(out, callee);
                out.push('(');
                self.arguments(out, arguments);
                out.push(')');
            }
            Expr::List(items) => {
                out.push_str("__list(");
                self.separated(out, items);
                out.push(')');
            }
            Expr::Dict(entries) => self.dict(out, entries),
            Expr::Not(of) => self.wrapped(out, "(not ", of),
            Expr::Negative(of) => self.wrapped(out, "(-", of),
            Expr::Binary(left, sign, right) => self.binary(out, left, sign, right),
            Expr::Join(parts) => {
                out.push_str("__join(");
                self.separated(out, parts);
                out.push(')');
            }
            Expr::Filter(of, name, arguments) => {
                out.push('(');
                // `default` is how a template says that a value may be missing, so it sees it unguarded.
                if name == "default" || name == "d" {
                    self.plain(out, of);
                } else {
                    self.expr(out, of);
                }
                let _ = write!(out, "|{name}(");
                self.arguments(out, arguments);
                out.push_str("))");
            }
            Expr::Test { of, name, arguments, negated } => {
                out.push('(');
                if name == "defined" || name == "undefined" {
                    self.plain(out, of);
                } else {
                    self.expr(out, of);
                }
                out.push_str(if *negated { " is not " } else { " is " });
                out.push_str(if name == "null" { "none" } else { name });
                if !arguments.is_empty() {
                    out.push('(');
                    self.arguments(out, arguments);
                    out.push(')');
                }
                out.push(')');
            }
            Expr::If { then, test, otherwise } => {
                out.push('(');
                self.expr(out, then);
                out.push_str(" if ");
                self.expr(out, test);
                out.push_str(" else ");
                // Nunjucks gives the empty string when there is no `else`.
                match otherwise {
                    Some(otherwise) => self.expr(out, otherwise),
                    None => out.push_str("\"\""),
                }
                out.push(')');
            }
        }
    }

    fn binary(&self, out: &mut String, left: &Expr, sign: &str, right: &Expr) {
        let comparison = match sign {
            "==" | "===" => Some(" is "),
            "!=" | "!==" => Some(" is not "),
            _ => None,
        };
        let strict = sign.len() == 3;
        if let Some(is) = comparison {
            let (literal, other) = if is_nothing(left) { (left, right) } else { (right, left) };
            if is_nothing(literal) {
                let name = match (strict, literal) {
                    (true, Expr::Undefined) => "undefined",
                    (true, _) => "none",
                    (false, _) => "__nothing",
                };
                out.push('(');
                self.plain(out, other);
                let _ = write!(out, "{is}{name})");
                return;
            }
        }
        // minijinja takes 0 for false; `===` and `in` do not.
        let (middle, after) = match sign {
            "===" => (" is __same(", "))"),
            "!==" => (" is not __same(", "))"),
            "in" => (" is __in(", "))"),
            other => (other, ")"),
        };
        out.push('(');
        self.expr(out, left);
        let _ = if middle == sign { write!(out, " {sign} ") } else { write!(out, "{middle}") };
        self.expr(out, right);
        out.push_str(after);
    }

    fn wrapped(&self, out: &mut String, before: &str, of: &Expr) {
        out.push_str(before);
        self.expr(out, of);
        out.push(')');
    }

    fn dict(&self, out: &mut String, entries: &[(Expr, Expr)]) {
        if entries.is_empty() {
            out.push_str("__dict()");
            return;
        }
        out.push('{');
        for (index, (key, value)) in entries.iter().enumerate() {
            out.push_str(if index > 0 { ", " } else { "" });
            self.expr(out, key);
            out.push_str(": ");
            self.expr(out, value);
        }
        // The space keeps two closing braces from ending the tag.
        out.push_str(" }");
    }

    fn arguments(&self, out: &mut String, arguments: &[Argument]) {
        for (index, argument) in arguments.iter().enumerate() {
            out.push_str(if index > 0 { ", " } else { "" });
            if let Some(keyword) = &argument.keyword {
                let _ = write!(out, "{keyword}=");
            }
            self.expr(out, &argument.value);
        }
    }

    fn separated(&self, out: &mut String, items: &[Expr]) {
        for (index, item) in items.iter().enumerate() {
            out.push_str(if index > 0 { ", " } else { "" });
            self.expr(out, item);
        }
    }
}

fn is_nothing(expression: &Expr) -> bool {
    matches!(expression, Expr::Undefined | Expr::None)
}

/// A path as the author wrote it, for messages.
fn describe(path: &Expr) -> String {
    match path {
        Expr::Name(name) => name.clone(),
        Expr::Attribute(of, name) => format!("{}.{name}", describe(of)),
        Expr::Item(of, item) => match item.as_ref() {
            Expr::Number(number) => format!("{}[{number}]", describe(of)),
            Expr::Text(text) => format!("{}[{text:?}]", describe(of)),
            _ => format!("{}[…]", describe(of)),
        },
        Expr::Call(of, _) => format!("{}(…)", describe(of)),
        _ => "(…)".to_owned(),
    }
}

/// A minijinja string literal.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
