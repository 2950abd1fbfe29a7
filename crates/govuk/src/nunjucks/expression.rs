//! Reads Nunjucks expressions into a tree, with the precedence of Nunjucks' own parser.

use super::lexer::Token;

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expr {
    Text(String),
    Number(String),
    Bool(bool),
    None,
    Undefined,
    Name(String),
    Attribute(Box<Expr>, String),
    Item(Box<Expr>, Box<Expr>),
    Call(Box<Expr>, Vec<Argument>),
    List(Vec<Expr>),
    Dict(Vec<(Expr, Expr)>),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    /// An operator that both languages write alike.
    Binary(Box<Expr>, &'static str, Box<Expr>),
    /// `+` and `~`, which join text and numbers alike.
    Join(Vec<Expr>),
    Filter(Box<Expr>, String, Vec<Argument>),
    Test {
        of: Box<Expr>,
        name: String,
        arguments: Vec<Argument>,
        negated: bool,
    },
    If {
        then: Box<Expr>,
        test: Box<Expr>,
        otherwise: Option<Box<Expr>>,
    },
}

/// An argument of a call, with its keyword if it has one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Argument {
    pub(crate) keyword: Option<String>,
    pub(crate) value: Expr,
}

/// Reads the tokens of one tag from left to right.
pub(crate) struct Reader<'t> {
    tokens: &'t [Token],
    at: usize,
}

type Read<T> = Result<T, String>;

impl<'t> Reader<'t> {
    pub(crate) fn new(tokens: &'t [Token]) -> Self {
        Self { tokens, at: 0 }
    }

    pub(crate) fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.at)
    }

    pub(crate) fn take_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(found)) if *found == sign);
        self.at += usize::from(found);
        found
    }

    pub(crate) fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Name(found)) if found == word);
        self.at += usize::from(found);
        found
    }

    pub(crate) fn expect_sign(&mut self, sign: &str) -> Read<()> {
        if self.take_sign(sign) { Ok(()) } else { Err(format!("expected `{sign}`, found {}", self.describe())) }
    }

    pub(crate) fn expect_word(&mut self, word: &str) -> Read<()> {
        if self.take_word(word) { Ok(()) } else { Err(format!("expected `{word}`, found {}", self.describe())) }
    }

    pub(crate) fn name(&mut self) -> Read<String> {
        match self.peek() {
            Some(Token::Name(name)) => {
                self.at += 1;
                Ok(name.clone())
            }
            _ => Err(format!("expected a name, found {}", self.describe())),
        }
    }

    pub(crate) fn end(&self) -> Read<()> {
        if self.peek().is_none() { Ok(()) } else { Err(format!("unexpected {}", self.describe())) }
    }

    fn describe(&self) -> String {
        match self.peek() {
            Some(Token::Name(name)) => format!("`{name}`"),
            Some(Token::Text(_)) => "a string".to_owned(),
            Some(Token::Number(number)) => format!("`{number}`"),
            Some(Token::Sign(sign)) => format!("`{sign}`"),
            None => "the end of the tag".to_owned(),
        }
    }

    /// A whole expression: `a if b else c`, or anything that binds tighter.
    pub(crate) fn expression(&mut self) -> Read<Expr> {
        let then = self.or()?;
        if !self.take_word("if") {
            return Ok(then);
        }
        let test = self.or()?;
        let otherwise = if self.take_word("else") { Some(Box::new(self.expression()?)) } else { None };
        Ok(Expr::If { then: Box::new(then), test: Box::new(test), otherwise })
    }

    fn or(&mut self) -> Read<Expr> {
        let mut left = self.and()?;
        while self.take_word("or") {
            left = Expr::Binary(Box::new(left), "or", Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Read<Expr> {
        let mut left = self.not()?;
        while self.take_word("and") {
            left = Expr::Binary(Box::new(left), "and", Box::new(self.not()?));
        }
        Ok(left)
    }

    fn not(&mut self) -> Read<Expr> {
        if self.take_word("not") { Ok(Expr::Not(Box::new(self.not()?))) } else { self.contained() }
    }

    fn contained(&mut self) -> Read<Expr> {
        let mut left = self.tested()?;
        loop {
            let negated = matches!(self.peek(), Some(Token::Name(not)) if not == "not")
                && matches!(self.tokens.get(self.at + 1), Some(Token::Name(word)) if word == "in");
            self.at += usize::from(negated);
            if !self.take_word("in") {
                return Ok(left);
            }
            left = Expr::Binary(Box::new(left), "in", Box::new(self.tested()?));
            if negated {
                left = Expr::Not(Box::new(left));
            }
        }
    }

    fn tested(&mut self) -> Read<Expr> {
        let mut left = self.compared()?;
        while self.take_word("is") {
            let negated = self.take_word("not");
            let name = self.name()?;
            let arguments = if self.take_sign("(") { self.arguments()? } else { Vec::new() };
            left = Expr::Test { of: Box::new(left), name, arguments, negated };
        }
        Ok(left)
    }

    fn compared(&mut self) -> Read<Expr> {
        let mut left = self.joined("~")?;
        loop {
            let found = ["===", "!==", "==", "!=", "<=", ">=", "<", ">"].into_iter().find(|sign| self.take_sign(sign));
            let Some(sign) = found else { return Ok(left) };
            left = Expr::Binary(Box::new(left), sign, Box::new(self.joined("~")?));
        }
    }

    /// `a ~ b ~ c`, whose parts may be `d + e`.
    fn joined(&mut self, sign: &str) -> Read<Expr> {
        let tilde = sign == "~";
        let first = if tilde { self.joined("+")? } else { self.subtracted()? };
        let mut parts = vec![first];
        while self.take_sign(sign) {
            if tilde {
                parts.push(Expr::Text(String::new()));
            }
            parts.push(if tilde { self.joined("+")? } else { self.subtracted()? });
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::Join(parts) })
    }

    fn subtracted(&mut self) -> Read<Expr> {
        self.left_to_right(&["-"], Self::multiplied)
    }

    fn multiplied(&mut self) -> Read<Expr> {
        self.left_to_right(&["*", "//", "/", "%"], Self::raised)
    }

    fn raised(&mut self) -> Read<Expr> {
        self.left_to_right(&["**"], Self::signed)
    }

    fn left_to_right(&mut self, signs: &[&'static str], next: fn(&mut Self) -> Read<Expr>) -> Read<Expr> {
        let mut left = next(self)?;
        while let Some(sign) = signs.iter().find(|sign| self.take_sign(sign)) {
            left = Expr::Binary(Box::new(left), sign, Box::new(next(self)?));
        }
        Ok(left)
    }

    fn signed(&mut self) -> Read<Expr> {
        let operand = self.operand()?;
        self.filtered(operand)
    }

    fn operand(&mut self) -> Read<Expr> {
        if self.take_sign("-") {
            return Ok(Expr::Negative(Box::new(self.operand()?)));
        }
        if self.take_sign("+") {
            return self.operand();
        }
        let primary = self.primary()?;
        self.postfix(primary)
    }

    fn filtered(&mut self, mut value: Expr) -> Read<Expr> {
        while self.take_sign("|") {
            let (name, arguments) = self.filter()?;
            value = Expr::Filter(Box::new(value), name, arguments);
        }
        Ok(value)
    }

    /// A filter's name and arguments, after the `|`.
    pub(crate) fn filter(&mut self) -> Read<(String, Vec<Argument>)> {
        let name = self.name()?;
        let arguments = if self.take_sign("(") { self.arguments()? } else { Vec::new() };
        Ok((name, arguments))
    }

    fn postfix(&mut self, mut value: Expr) -> Read<Expr> {
        loop {
            if self.take_sign(".") {
                value = match self.peek() {
                    Some(Token::Number(index)) => {
                        self.at += 1;
                        Expr::Item(Box::new(value), Box::new(Expr::Number(index.clone())))
                    }
                    _ => Expr::Attribute(Box::new(value), self.name()?),
                };
            } else if self.take_sign("[") {
                let item = self.expression()?;
                self.expect_sign("]")?;
                value = Expr::Item(Box::new(value), Box::new(item));
            } else if self.take_sign("(") {
                value = Expr::Call(Box::new(value), self.arguments()?);
            } else {
                return Ok(value);
            }
        }
    }

    /// The arguments of a call, after the opening bracket.
    pub(crate) fn arguments(&mut self) -> Read<Vec<Argument>> {
        let mut arguments = Vec::new();
        while !self.take_sign(")") {
            if !arguments.is_empty() {
                self.expect_sign(",")?;
                if self.take_sign(")") {
                    break;
                }
            }
            let value = self.expression()?;
            let argument = match value {
                Expr::Name(keyword) if self.take_sign("=") => {
                    Argument { keyword: Some(keyword), value: self.expression()? }
                }
                value => Argument { keyword: None, value },
            };
            arguments.push(argument);
        }
        Ok(arguments)
    }

    fn primary(&mut self) -> Read<Expr> {
        let Some(token) = self.peek() else { return Err("unexpected end of the tag".to_owned()) };
        self.at += 1;
        Ok(match token {
            Token::Text(text) => Expr::Text(text.clone()),
            Token::Number(number) => Expr::Number(number.clone()),
            Token::Name(name) => match name.as_str() {
                "true" => Expr::Bool(true),
                "false" => Expr::Bool(false),
                "none" | "null" => Expr::None,
                "undefined" => Expr::Undefined,
                _ => Expr::Name(name.clone()),
            },
            Token::Sign("(") => {
                let value = self.expression()?;
                self.expect_sign(")")?;
                value
            }
            Token::Sign("[") => {
                let mut items = Vec::new();
                while !self.take_sign("]") {
                    if !items.is_empty() {
                        self.expect_sign(",")?;
                        if self.take_sign("]") {
                            break;
                        }
                    }
                    items.push(self.expression()?);
                }
                Expr::List(items)
            }
            Token::Sign("{") => self.dict()?,
            Token::Sign(sign) => return Err(format!("unexpected `{sign}`")),
        })
    }

    fn dict(&mut self) -> Read<Expr> {
        let mut entries = Vec::new();
        while !self.take_sign("}") {
            if !entries.is_empty() {
                self.expect_sign(",")?;
                if self.take_sign("}") {
                    break;
                }
            }
            // A bare word is the key itself, as in JavaScript, not a variable.
            let key = match self.peek() {
                Some(Token::Name(name)) => {
                    self.at += 1;
                    Expr::Text(name.clone())
                }
                _ => self.primary()?,
            };
            self.expect_sign(":")?;
            entries.push((key, self.expression()?));
        }
        Ok(Expr::Dict(entries))
    }
}
