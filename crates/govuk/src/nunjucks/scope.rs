//! Where a variable lives.
//!
//! In Nunjucks a `set` inside a loop changes a variable of the surrounding scope, and a variable born in a loop keeps its
//! value from one turn to the next. In minijinja each turn starts afresh. Such variables are therefore *carried*: kept in
//! a `namespace` that stands outside the loop, and read and written through it.

use std::collections::BTreeSet;

use super::statement::Statement;

/// The scopes and loops of one template, in the order in which they open; the first is the template itself.
#[derive(Debug)]
pub(crate) struct Frames(Vec<Frame>);

#[derive(Debug)]
struct Frame {
    parent: Option<usize>,
    is_loop: bool,
    declared: BTreeSet<String>,
    carried: BTreeSet<String>,
}

/// Walks the frames of a template in source order; analysis and rewriting step it alike, so that both see one numbering.
#[derive(Debug)]
pub(crate) struct Walk {
    open: Vec<usize>,
    opened: usize,
}

impl Walk {
    pub(crate) fn new() -> Self {
        Self { open: vec![0], opened: 1 }
    }

    /// Enters the frame that the statement opens.
    pub(crate) fn enter(&mut self) -> usize {
        self.open.push(self.opened);
        self.opened += 1;
        self.current()
    }

    pub(crate) fn leave(&mut self) {
        if self.open.len() > 1 {
            self.open.pop();
        }
    }

    pub(crate) fn current(&self) -> usize {
        self.open.last().copied().unwrap_or(0)
    }
}

/// Whether a statement opens a frame of its own.
pub(crate) fn opens(statement: &Statement) -> bool {
    matches!(statement, Statement::For { .. } | Statement::Macro { .. } | Statement::Call { .. } | Statement::Block(_))
}

/// Whether a statement closes the innermost frame.
pub(crate) fn closes(statement: &Statement) -> bool {
    matches!(statement, Statement::EndFor | Statement::EndMacro | Statement::EndCall | Statement::EndBlock)
}

/// Finds the carried variables of a template.
pub(crate) fn analyse<'a>(statements: impl Iterator<Item = &'a Statement>) -> Frames {
    let mut frames = Frames(vec![Frame::new(None, false)]);
    let mut walk = Walk::new();
    for statement in statements {
        if closes(statement) {
            walk.leave();
        }
        let outside = walk.current();
        if opens(statement) {
            let is_loop = matches!(statement, Statement::For { .. });
            frames.0.push(Frame::new(Some(outside), is_loop));
            walk.enter();
        }
        let current = walk.current();
        match statement {
            Statement::Set { targets, .. } => targets.iter().for_each(|name| frames.set(current, name)),
            Statement::Capture(name) => frames.set(current, name),
            Statement::For { targets, .. } => frames.0[current].declared.extend(targets.iter().cloned()),
            Statement::Macro { name, parameters } => {
                frames.0[outside].declared.insert(name.clone());
                frames.0[current].declared.extend(parameters.iter().map(|parameter| parameter.name.clone()));
            }
            Statement::Call { parameters, .. } => {
                frames.0[current].declared.extend(parameters.iter().map(|parameter| parameter.name.clone()));
            }
            Statement::Import { name, .. } => {
                frames.0[current].declared.insert(name.clone());
            }
            Statement::From { names, .. } => {
                let bound = names.iter().map(|(name, alias)| alias.as_ref().unwrap_or(name).clone());
                frames.0[current].declared.extend(bound);
            }
            _ => {}
        }
    }
    frames
}

impl Frame {
    fn new(parent: Option<usize>, is_loop: bool) -> Self {
        Self { parent, is_loop, declared: BTreeSet::new(), carried: BTreeSet::new() }
    }
}

impl Frames {
    /// Records an assignment: it changes the nearest variable of that name in this scope, or makes one here.
    fn set(&mut self, frame: usize, name: &str) {
        let mut at = frame;
        loop {
            if self.0[at].declared.contains(name) {
                if at != frame {
                    self.0[at].carried.insert(name.to_owned());
                }
                return;
            }
            match self.0[at].parent {
                Some(parent) if self.0[at].is_loop => at = parent,
                _ => break,
            }
        }
        let own = &mut self.0[frame];
        own.declared.insert(name.to_owned());
        if own.is_loop {
            own.carried.insert(name.to_owned());
        }
    }

    /// The variables that this frame carries, with the namespace that holds each.
    pub(crate) fn carried(&self, frame: usize) -> impl Iterator<Item = (&str, String)> {
        self.0[frame].carried.iter().map(move |name| (name.as_str(), namespace(frame, name)))
    }

    /// The plain variables of a frame, which stand in no namespace.
    pub(crate) fn declared(&self, frame: usize) -> impl Iterator<Item = &str> {
        let here = &self.0[frame];
        here.declared.difference(&here.carried).map(String::as_str)
    }

    /// The namespace through which `name` is read in this frame, if it is carried.
    pub(crate) fn read(&self, frame: usize, name: &str) -> Option<String> {
        self.find(frame, name, true)
    }

    /// The namespace through which `name` is set in this frame, if it is carried.
    pub(crate) fn written(&self, frame: usize, name: &str) -> Option<String> {
        self.find(frame, name, false)
    }

    fn find(&self, frame: usize, name: &str, beyond_scope: bool) -> Option<String> {
        let mut at = Some(frame);
        while let Some(index) = at {
            let here = &self.0[index];
            if here.carried.contains(name) {
                return Some(namespace(index, name));
            }
            if here.declared.contains(name) || !(here.is_loop || beyond_scope) {
                return None;
            }
            at = here.parent;
        }
        None
    }
}

fn namespace(frame: usize, name: &str) -> String {
    format!("__carried{frame}_{name}")
}
