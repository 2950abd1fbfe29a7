//! Texts of the pages that say what went wrong.

use super::texts;

texts! {
    /// Pages that say what went wrong.
    Trouble {
        not_found_title: "Page not found",
        not_found_typed: "If you typed the address, check that it is correct.",
        not_found_pasted: "If you pasted the address, check that you copied all of it.",
        not_found_link: "If a link brought you here, the thing it led to may not exist, or may not be open to you.",
        forbidden_title: "You cannot use this page",
        forbidden_service_title: "You cannot use this service yet",
        forbidden_intro: "You are signed in, but this is not open to your account:",
        forbidden_help: "How to put this right",
        failed_title: "Something went wrong on our side",
        failed_text: "We could not show this page. It was not caused by anything you did, and we have recorded it.",
        failed_advice: "Go back and try again. Anything that you sent before this page is saved; anything that you were typing may not be.",
        away_title: "This page is not available at the moment",
        away_system: "{system} is not answering, and this page cannot be shown without it.",
        away_advice: "Try again in a few minutes. Nothing that was saved is lost.",
        changed_title: "Somebody else changed this",
        changed_text: "What you were looking at has changed since you opened it, so nothing was saved.",
        changed_advice: "Go back, reload the page and look at what changed.",
        gone_title: "This is no longer available",
        session_title: "Your session changed",
        session_text: "The form that you sent belongs to an earlier sign-in, so nothing was done.",
        session_advice: "Go back, reload the page and try again.",
        reference: "Reference for the support team",
        home: "Go to the home page",
        database: "The database of this service",
        sign_in_service: "The sign-in service",
    }
}

texts! {
    /// Why somebody may not use something, and who can change that.
    Reasons {
        practitioner_page: "This page is for probation practitioners, and your account is a provider's.",
        provider_page: "This page is for provider staff, and your account is a probation practitioner's.",
        no_role: "Your account has no role for this service.",
        no_source: "Your account is neither a probation account (Delius) nor an external account of a provider.",
        no_pages: "Your account's role opens no pages here.",
        other_page: "Your account's role does not include this page.",
        help_role_delius: "Ask your local Delius administrator to add the role for this service to your account.",
        help_role_external: "Ask whoever manages accounts in your organisation to add the role for this service to yours.",
        help_groups: "Ask whoever manages accounts in your organisation to put yours into the group of your organisation and into the groups of its contracts. If the groups look right, the support team can check how they are set up.",
        help_side: "Go to the home page to find the pages for your role.",
        help_account: "Ask the support team, and tell them the reference below.",
    }
}
