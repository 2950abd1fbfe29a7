//! OPS-03: stopping and starting what goes to one system.

use app::operator;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use domain::effect::System;
use serde::{Deserialize, Serialize};

use super::{Fault, answer, faults_of_why, system_name, titled};
use crate::form::OwnForm;
use crate::frame::Section;
use crate::routes::{self, Href};
use crate::template::View;
use crate::text::{TEXT, fill};
use crate::trouble::Trouble;
use crate::visitor::Visitor;

fn known(system: &str) -> Result<System, Trouble> {
    System::from_text(system).ok_or(Trouble::NotFound)
}

/// G `/operations/systems/{system}`: asks why, to pause what runs or to resume what is paused.
pub(crate) async fn ask(visitor: Visitor, Path(system): Path<String>) -> Result<Response, Trouble> {
    visitor.must_operate()?;
    let system = known(&system)?;
    let queues = operator::queues(visitor.ctx()).await?;
    let is_paused = queues.iter().any(|queue| queue.system == system && queue.paused.is_some());
    visitor.page(&SystemView::of(system, is_paused, String::new(), Vec::new()))
}

/// What is wanted, so that a form that was left open does not do the opposite.
#[derive(Deserialize)]
pub(crate) struct Wish {
    resume: bool,
    #[serde(default)]
    why: String,
}

/// P `/operations/systems/{system}`.
pub(crate) async fn act(
    visitor: Visitor,
    Path(system): Path<String>,
    OwnForm(Wish { resume, why }): OwnForm<Wish>,
) -> Result<Response, Trouble> {
    visitor.must_operate()?;
    let system = known(&system)?;
    let done = if resume {
        operator::resume(visitor.ctx(), system, &why).await
    } else {
        operator::pause(visitor.ctx(), system, &why).await
    };
    match done {
        Ok(()) => Ok(Redirect::to(routes::OPERATIONS.href().as_str()).into_response()),
        Err(error) => {
            let view = SystemView::of(system, resume, why, faults_of_why(error)?);
            answer(&visitor, &view, &view.faults)
        }
    }
}

/// The question.
#[derive(Serialize)]
pub(crate) struct SystemView {
    action: Href,
    back: Href,
    heading: String,
    text: String,
    resume: bool,
    why: String,
    faults: Vec<Fault>,
}

impl SystemView {
    fn of(system: System, is_paused: bool, why: String, faults: Vec<Fault>) -> Self {
        let text = &TEXT.operations;
        let (heading, explained) =
            if is_paused { (text.resume, text.resume_text) } else { (text.pause, text.pause_text) };
        let named = [("system", system_name(system))];
        Self {
            action: routes::OPERATIONS_SYSTEM.href(system),
            back: routes::OPERATIONS.href(),
            heading: fill(heading, &named),
            text: fill(explained, &named),
            resume: is_paused,
            why,
            faults,
        }
    }
}

impl View for SystemView {
    const TEMPLATE: &'static str = "pages/operations/system.html";

    fn title(&self) -> String {
        titled(&self.heading, &self.faults)
    }

    fn section(&self) -> Option<Section> {
        Some(Section::Operations)
    }

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let fault = Fault { field: "why", text: TEXT.operations.why_wrong };
        vec![
            Self::of(System::Delius, false, String::new(), Vec::new()),
            Self::of(System::Notify, true, "<x>".repeat(400), vec![fault]),
        ]
    }
}
