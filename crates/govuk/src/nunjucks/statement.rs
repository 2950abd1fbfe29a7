//! Reads the tags of a template into statements.

use super::expression::{Argument, Expr, Reader};
use super::lexer::Token;

/// A tag.
#[derive(Debug)]
pub(crate) enum Statement {
    If(Expr),
    ElseIf(Expr),
    Else,
    EndIf,
    For {
        targets: Vec<String>,
        over: Expr,
    },
    EndFor,
    Set {
        targets: Vec<String>,
        value: Expr,
    },
    /// `{% set x %}…{% endset %}`.
    Capture(String),
    EndSet,
    Macro {
        name: String,
        parameters: Vec<Parameter>,
    },
    EndMacro,
    Call {
        parameters: Vec<Parameter>,
        call: Expr,
    },
    EndCall,
    Include {
        name: Expr,
        ignore_missing: bool,
    },
    Import {
        template: Expr,
        name: String,
    },
    From {
        template: Expr,
        names: Vec<(String, Option<String>)>,
    },
    Block(String),
    EndBlock,
    Extends(Expr),
    FilterBlock(String, Vec<Argument>),
    EndFilter,
}

/// A parameter of a macro, with its default if it has one.
#[derive(Debug, Clone)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) default: Option<Expr>,
}

/// Reads one tag.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn read(tokens: &[Token]) -> Result<Statement, String> {
    let mut reader = Reader::new(tokens);
    let keyword = reader.name()?;
    let statement = match keyword.as_str() {
        "if" => Statement::If(reader.expression()?),
        "elif" | "elseif" => Statement::ElseIf(reader.expression()?),
        "else" => Statement::Else,
        "endif" => Statement::EndIf,
        "for" => {
            let targets = names(&mut reader)?;
            reader.expect_word("in")?;
            Statement::For { targets, over: reader.expression()? }
        }
        "endfor" => Statement::EndFor,
        "set" => {
            let mut targets = names(&mut reader)?;
            if reader.take_sign("=") {
                Statement::Set { targets, value: reader.expression()? }
            } else if targets.len() == 1 {
                Statement::Capture(targets.remove(0))
            } else {
                return Err("a set block takes one name".to_owned());
            }
        }
        "endset" => Statement::EndSet,
        "macro" => {
            let name = reader.name()?;
            reader.expect_sign("(")?;
            Statement::Macro { name, parameters: parameters(&mut reader)? }
        }
        "endmacro" => {
            let _ = reader.name();
            Statement::EndMacro
        }
        "call" => {
            let parameters = if reader.take_sign("(") { parameters(&mut reader)? } else { Vec::new() };
            match reader.expression()? {
                call @ Expr::Call(..) => Statement::Call { parameters, call },
                _ => return Err("call needs a macro call".to_owned()),
            }
        }
        "endcall" => Statement::EndCall,
        "include" => {
            let name = reader.expression()?;
            let ignore_missing = reader.take_word("ignore");
            if ignore_missing {
                reader.expect_word("missing")?;
            }
            Statement::Include { name, ignore_missing }
        }
        "import" => {
            let template = reader.expression()?;
            reader.expect_word("as")?;
            let name = reader.name()?;
            skip_context(&mut reader)?;
            Statement::Import { template, name }
        }
        "from" => {
            let template = reader.expression()?;
            reader.expect_word("import")?;
            let mut imported = Vec::new();
            loop {
                let name = reader.name()?;
                let alias = if reader.take_word("as") { Some(reader.name()?) } else { None };
                imported.push((name, alias));
                if !reader.take_sign(",") {
                    break;
                }
            }
            skip_context(&mut reader)?;
            Statement::From { template, names: imported }
        }
        "block" => Statement::Block(reader.name()?),
        "endblock" => {
            let _ = reader.name();
            Statement::EndBlock
        }
        "extends" => Statement::Extends(reader.expression()?),
        "filter" => {
            let (name, arguments) = reader.filter()?;
            Statement::FilterBlock(name, arguments)
        }
        "endfilter" => Statement::EndFilter,
        other => return Err(format!("tag `{other}` is not supported")),
    };
    reader.end()?;
    Ok(statement)
}

fn names(reader: &mut Reader<'_>) -> Result<Vec<String>, String> {
    let mut names = vec![reader.name()?];
    while reader.take_sign(",") {
        names.push(reader.name()?);
    }
    Ok(names)
}

fn parameters(reader: &mut Reader<'_>) -> Result<Vec<Parameter>, String> {
    reader
        .arguments()?
        .into_iter()
        .map(|argument| match argument {
            Argument { keyword: Some(name), value } => Ok(Parameter { name, default: Some(value) }),
            Argument { keyword: None, value: Expr::Name(name) } => Ok(Parameter { name, default: None }),
            Argument { .. } => Err("a parameter is a name, with or without a default".to_owned()),
        })
        .collect()
}

/// `with context` and `without context`: an import here never sees the caller's variables.
fn skip_context(reader: &mut Reader<'_>) -> Result<(), String> {
    if reader.take_word("with") {
        return Err("import with context is not supported: pass the values as arguments".to_owned());
    }
    if reader.take_word("without") { reader.expect_word("context") } else { Ok(()) }
}
