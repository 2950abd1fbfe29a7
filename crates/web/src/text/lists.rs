//! Texts of the case lists.

use super::texts;

texts! {
    /// The case lists.
    Lists {
        open: "Open cases",
        mine: "My cases",
        all_open: "All open cases",
        unassigned: "Unassigned cases",
        completed: "Completed cases",
        cancelled: "Cancelled cases",
        tabs: "Case lists",
        as_at_referral: "Names and places are shown as they were when the referral was made.",
        caption: "{list}, sorted by {column} ({direction})",
        ascending: "ascending",
        descending: "descending",
        showing: "Showing {from} to {to} of {total} referrals",
        showing_some: "Showing {rows} of {total} referrals",
        showing_one: "Showing 1 referral",
        pagination: "Pages of this list",
        empty_open: "You have no open cases.",
        empty_mine: "No open cases are assigned to you.",
        empty_all_open: "Your organisation has no open cases.",
        empty_unassigned: "Every case has a caseworker.",
        empty_completed: "No case has been completed yet.",
        empty_cancelled: "No case has been cancelled.",
        size: "Referrals on a page",
        size_link: "Show {size}",
    }
}

texts! {
    /// Column headings and fixed cells.
    Columns {
        date_sent: "Date sent",
        date_received: "Date received",
        reference: "Referral number",
        person: "Person",
        service: "Service",
        provider: "Provider",
        caseworker: "Caseworker",
        release: "Expected release date",
        location: "Location",
        action: "Action",
        view: "View",
        view_hidden: "referral {reference}",
        no_caseworker: "Not assigned",
        release_community: "In the community",
        release_late: "Not within 12 weeks",
        release_unknown: "Not known",
        location_unknown: "Not known",
        name_unknown: "Name not recorded",
    }
}
