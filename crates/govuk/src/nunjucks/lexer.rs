//! Cuts a Nunjucks source into text, output and tags, and the inside of a tag into tokens.
//!
//! Owns white space: `-` at the end of a tag, and Nunjucks' `trimBlocks` and `lstripBlocks`, which GOV.UK Frontend is built
//! with. What leaves here needs no trimming by minijinja, whose rules differ (it also trims around comments).

/// A piece of a template, with the line on which it begins (from 1).
#[derive(Debug)]
pub(crate) struct Piece<'s> {
    pub(crate) line: usize,
    pub(crate) content: Content<'s>,
}

/// What a piece is.
#[derive(Debug)]
pub(crate) enum Content<'s> {
    /// Text or a raw block: copied as it stands.
    Verbatim(&'s str),
    /// `{{ … }}`.
    Output(Inside),
    /// `{% … %}`.
    Tag(Inside),
}

/// The inside of a tag.
#[derive(Debug)]
pub(crate) struct Inside {
    /// Line breaks that went missing since the last tag: the rewritten tag has them, so that errors keep their line.
    pub(crate) breaks_before: usize,
    /// Line breaks inside the tag, kept for the same reason.
    pub(crate) breaks: usize,
    pub(crate) tokens: Vec<Token>,
}

/// A token inside a tag.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    /// A name or keyword.
    Name(String),
    /// A string, unescaped.
    Text(String),
    /// A number, as written.
    Number(String),
    /// An operator or bracket.
    Sign(&'static str),
}

/// Longest first, so that the first that fits is the right one.
const SIGNS: [&str; 29] = [
    "===", "!==", "==", "!=", "<=", ">=", "**", "//", "<", ">", "+", "-", "*", "/", "%", "~", "|", ".", ",", ":", "(",
    ")", "[", "]", "{", "}", "=", "?", "!",
];

/// A piece before white space is settled.
enum Raw<'s> {
    Text(&'s str),
    Block(&'s str),
    Comment,
    Output(Inside),
    Tag(Inside),
}

/// A raw piece with its source and the line on which it begins.
struct Cut<'s> {
    line: usize,
    source: &'s str,
    raw: Raw<'s>,
}

/// Cuts a source into pieces.
///
/// # Errors
/// The line and what is wrong there.
pub(crate) fn cut(source: &str) -> Result<Vec<Piece<'_>>, (usize, String)> {
    let cuts = cut_raw(source)?;
    let mut pieces = Vec::with_capacity(cuts.len());
    let mut missing = 0;
    let neighbours: Vec<_> = cuts.iter().map(Cut::edges).collect();
    for (index, Cut { line, source, raw }) in cuts.into_iter().enumerate() {
        let content = match raw {
            Raw::Text(text) => {
                let before = index.checked_sub(1).and_then(|index| neighbours.get(index));
                let kept = settle(text, before, neighbours.get(index + 1));
                missing += breaks(text) - breaks(kept);
                Content::Verbatim(kept)
            }
            Raw::Block(text) => Content::Verbatim(text),
            Raw::Comment => {
                missing += breaks(source);
                continue;
            }
            Raw::Output(inside) => Content::Output(Inside { breaks_before: std::mem::take(&mut missing), ..inside }),
            Raw::Tag(inside) => Content::Tag(Inside { breaks_before: std::mem::take(&mut missing), ..inside }),
        };
        pieces.push(Piece { line, content });
    }
    Ok(pieces)
}

/// What a piece does to the text beside it.
struct Edges {
    is_tag: bool,
    trims_before: bool,
    trims_after: bool,
}

impl Cut<'_> {
    fn edges(&self) -> Edges {
        let is_text = matches!(self.raw, Raw::Text(_) | Raw::Block(_));
        // Nunjucks overlooks the `-` at the end of `{% set x -%}`, and published HTML relies on it.
        let opens_capture = matches!(&self.raw, Raw::Tag(inside)
            if inside.tokens.len() == 2 && inside.tokens[0] == Token::Name("set".to_owned()));
        Edges {
            is_tag: matches!(self.raw, Raw::Tag(_)),
            trims_before: !is_text && self.source[2..].starts_with('-'),
            trims_after: !is_text && !opens_capture && self.source[..self.source.len() - 2].ends_with('-'),
        }
    }
}

/// The text that remains between two pieces.
fn settle<'s>(text: &'s str, before: Option<&Edges>, after: Option<&Edges>) -> &'s str {
    let mut kept = text;
    let mut at_line_start = before.is_none();
    if before.is_some_and(|before| before.trims_after) {
        kept = kept.trim_start();
    } else if before.is_some_and(|before| before.is_tag)
        && let Some(rest) = kept.strip_prefix('\n')
    {
        kept = rest;
        at_line_start = true;
    }
    match after {
        Some(after) if after.trims_before => kept.trim_end(),
        Some(after) if after.is_tag => {
            let line = kept.rfind('\n').map_or(0, |at| at + 1);
            let is_indent = (line > 0 || at_line_start) && kept[line..].chars().all(char::is_whitespace);
            if is_indent { &kept[..line] } else { kept }
        }
        _ => kept,
    }
}

fn breaks(text: &str) -> usize {
    text.matches('\n').count()
}

fn cut_raw(source: &str) -> Result<Vec<Cut<'_>>, (usize, String)> {
    let mut cuts = Vec::new();
    let mut at = 0;
    let mut line = 1;
    while at < source.len() {
        let rest = &source[at..];
        let start = ["{{", "{%", "{#"].iter().filter_map(|open| rest.find(open)).min().unwrap_or(rest.len());
        let (raw, length) = if start > 0 {
            (Raw::Text(&rest[..start]), start)
        } else if rest.starts_with("{#") {
            let end = rest.find("#}").ok_or_else(|| (line, "comment is not closed".to_owned()))? + 2;
            (Raw::Comment, end)
        } else {
            let close = if rest.starts_with("{{") { "}}" } else { "%}" };
            let (inside, length) = read_inside(rest, close).map_err(|reason| (line, reason))?;
            match inside.tokens.first() {
                Some(Token::Name(name)) if close == "%}" && name == "raw" => {
                    let length = raw_block(rest, length).ok_or_else(|| (line, "raw is not closed".to_owned()))?;
                    (Raw::Block(&rest[..length]), length)
                }
                _ if close == "%}" => (Raw::Tag(inside), length),
                _ => (Raw::Output(inside), length),
            }
        };
        cuts.push(Cut { line, source: &rest[..length], raw });
        line += breaks(&rest[..length]);
        at += length;
    }
    Ok(cuts)
}

/// The length of a raw block, from its opening tag to the end of its closing one.
fn raw_block(rest: &str, opening: usize) -> Option<usize> {
    let mut from = opening;
    loop {
        let open = from + rest[from..].find("{%")?;
        let close = open + rest[open..].find("%}")? + 2;
        if rest[open + 2..close - 2].trim_matches(['-', ' ', '\t', '\n']) == "endraw" {
            return Some(close);
        }
        from = close;
    }
}

fn read_inside(source: &str, close: &str) -> Result<(Inside, usize), String> {
    let mut at = 2 + usize::from(source[2..].starts_with('-'));
    let mut tokens = Vec::new();
    let mut depth = 0_usize;
    loop {
        let rest = &source[at..];
        let Some(first) = rest.chars().next() else { return Err("tag is not closed".to_owned()) };
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        if depth == 0 {
            let end = usize::from(rest.starts_with('-'));
            if rest[end..].starts_with(close) {
                let length = at + end + 2;
                return Ok((Inside { breaks_before: 0, breaks: breaks(&source[..length]), tokens }, length));
            }
        }
        let (token, length) = read_token(rest, first)?;
        match token {
            Token::Sign("{") => depth += 1,
            Token::Sign("}") => depth = depth.saturating_sub(1),
            _ => {}
        }
        tokens.push(token);
        at += length;
    }
}

fn read_token(rest: &str, first: char) -> Result<(Token, usize), String> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    if first == '"' || first == '\'' {
        return read_text(rest, first);
    }
    if first.is_ascii_digit() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let fraction = rest[digits..].strip_prefix('.').map_or(0, |after| {
            let length = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
            if length > 0 { length + 1 } else { 0 }
        });
        let length = digits + fraction;
        return Ok((Token::Number(rest[..length].to_owned()), length));
    }
    if is_name(first) {
        let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        return Ok((Token::Name(rest[..length].to_owned()), length));
    }
    match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
        Some(sign) => Ok((Token::Sign(sign), sign.len())),
        None => Err(format!("unexpected character {first:?}")),
    }
}

fn read_text(rest: &str, quote: char) -> Result<(Token, usize), String> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, 't')) => text.push('\t'),
                Some((_, 'r')) => text.push('\r'),
                Some((_, other)) => text.push(other),
                None => break,
            },
            _ if character == quote => return Ok((Token::Text(text), at + 1)),
            _ => text.push(character),
        }
    }
    Err("string is not closed".to_owned())
}
