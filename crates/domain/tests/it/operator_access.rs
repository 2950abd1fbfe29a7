//! Who may do what operators do, as one reviewed table.

use std::fmt::Write as _;

use domain::access::Refusal;
use domain::operator::{OperatorAction, admit_operator};

use crate::access::{callers, letter};

#[test]
fn access_is_as_reviewed() {
    let callers = callers();
    let mut table = String::from("# y admitted, r no role, c names no person\n");
    for (index, (name, _)) in callers.iter().enumerate() {
        let _ = writeln!(table, "# {} {name}", letter(index));
    }
    let heads: String = (0..callers.len()).map(letter).collect();
    let _ = writeln!(table, "{:24} {heads}", "");
    for action in OperatorAction::ALL {
        let marks: String = callers
            .iter()
            .map(|(_, caller)| match admit_operator(*action, caller) {
                Ok(()) => 'y',
                Err(Refusal::Role) => 'r',
                Err(Refusal::Claims(_)) => 'c',
                Err(Refusal::UserType(_)) => 's',
            })
            .collect();
        let changes = if action.changes() { " changes, with a reason" } else { "" };
        let _ = writeln!(table, "{:24} {marks}{changes}", action.as_str());
    }
    let reviewed = include_str!("operator_access.txt");
    assert!(table == reviewed, "access differs from tests/it/operator_access.txt; its new text would be:\n{table}");
}
