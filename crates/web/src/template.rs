//! Pages as HTML: the embedded templates, the environment that they run in, and what a view must say of itself.

use std::sync::LazyLock;

use minijinja::value::{Serde, Value};
use minijinja::{Environment, context};
use rust_embed::RustEmbed;
use serde::Serialize;

use crate::frame::{Frame, Section};
use crate::text::{TEXT, fill_in_template};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/templates"]
struct Templates;

/// What a page shows. The template sees it as `page`, all texts as `text`, and what stands around it as `frame`.
pub(crate) trait View: Serialize {
    /// The template, below `templates`.
    const TEMPLATE: &'static str;

    /// The page's title, without the service's name. Never holds anything about a person.
    fn title(&self) -> String;

    /// The part of the navigation that the page belongs to.
    fn section(&self) -> Option<Section> {
        None
    }

    /// Views to render in tests: the emptiest, a usual one and the worst.
    #[cfg(test)]
    fn samples() -> Vec<Self>
    where
        Self: Sized;
}

static ENVIRONMENT: LazyLock<Environment<'static>> =
    LazyLock::new(|| load().expect("the templates are part of the program, and a test loads them"));

fn load() -> Result<Environment<'static>, govuk::Error> {
    let mut environment = govuk::environment();
    environment.add_function("fill", |text: String, values: Value| fill_in_template(&text, &values));
    environment.add_function("own_asset_path", |name: String| crate::assets::own_path(&name));
    for name in Templates::iter() {
        let source = Templates::get(&name).map(|file| String::from_utf8_lossy(&file.data).into_owned());
        govuk::add_page(&mut environment, &name, &source.unwrap_or_default())?;
    }
    Ok(environment)
}

/// Renders a view within its frame.
///
/// # Errors
/// A template names what the view does not have: a mistake of ours.
pub(crate) fn render<V: View>(view: &V, frame: &Frame) -> Result<String, minijinja::Error> {
    let nonce = frame.nonce.clone();
    let current = view.section();
    let title = view.title();
    let values = context! {
        page => Value::from(Serde(view)),
        frame => Value::from(Serde(frame)),
        current => Value::from(Serde(current)),
        text => TEXT_VALUE.clone(),
        title,
        cspNonce => nonce,
    };
    ENVIRONMENT.get_template(V::TEMPLATE)?.render(values)
}

static TEXT_VALUE: LazyLock<Value> = LazyLock::new(|| Value::from(Serde(TEXT)));

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::pages;

    /// Renders every sample of a view, in a frame with a user and in one without.
    fn rendered<V: View>() -> (&'static str, Vec<String>) {
        let pages = V::samples()
            .iter()
            .enumerate()
            .flat_map(|(index, view)| {
                [(index, view, Frame::sample()), (index, view, Frame::of_nobody("b1c2", "n0nce"))]
            })
            .map(|(index, view, frame)| {
                render(view, &frame).unwrap_or_else(|error| panic!("{} sample {index}: {error:#}", V::TEMPLATE))
            })
            .collect();
        (V::TEMPLATE, pages)
    }

    fn all() -> Vec<(&'static str, Vec<String>)> {
        vec![
            rendered::<pages::sign_in::FailedView>(),
            rendered::<pages::sign_out::ConfirmView>(),
            rendered::<pages::sign_out::SignedOutView>(),
            rendered::<pages::home::HomeView>(),
            rendered::<pages::list::ListView>(),
            rendered::<pages::draft::DraftsView>(),
            rendered::<pages::referral::progress::ProgressView>(),
            rendered::<pages::referral::details::DetailsView>(),
            rendered::<pages::referral::collection::ChooseView>(),
            rendered::<pages::operations::home::HomeView>(),
            rendered::<pages::operations::system::SystemView>(),
            rendered::<pages::operations::ledger::LedgerView>(),
            rendered::<pages::operations::effect::EffectView>(),
            rendered::<pages::operations::discrepancies::DiscrepanciesView>(),
            rendered::<pages::operations::discrepancy::DiscrepancyView>(),
            rendered::<pages::operations::access::AccessView>(),
            rendered::<pages::operations::replay::ReplayView>(),
            rendered::<crate::trouble::NotFoundView>(),
            rendered::<crate::trouble::ForbiddenView>(),
            rendered::<crate::trouble::FailedView>(),
        ]
    }

    #[test]
    fn every_page_renders_over_its_samples() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/page-samples");
        fs::create_dir_all(&folder).unwrap();
        for (template, pages) in all() {
            assert!(pages.len() >= 2, "{template} has no samples");
            for (index, html) in pages.iter().enumerate() {
                // Kept to be looked at, and for pictures.
                fs::write(folder.join(format!("{}-{index}.html", template.replace('/', "_"))), html).unwrap();
                assert_eq!(html.matches("<h1").count(), 1, "{template} sample {index}: one first heading");
                assert_eq!(html.matches("<main").count(), 1, "{template} sample {index}: one main part");
                // Samples come in pairs: with a user in the frame, and without.
                assert_eq!(
                    html.contains("name=\"_csrf\" value=\"sample-token\""),
                    index % 2 == 0 || template.contains("sign_out")
                );
                assert!(html.contains("href=\"#main-content\""), "{template} sample {index}: a skip link");
                for empty in [" href=\"\"", "\"></a>", "<script>", "style=\""] {
                    assert!(!html.contains(empty), "{template} sample {index} holds {empty}");
                }
                assert_eq!(html.matches("<table").count(), html.matches("<caption").count(), "{template}: captions");
            }
        }
    }

    #[test]
    fn every_page_template_belongs_to_a_view() {
        let shown: BTreeSet<&str> = all().into_iter().map(|(template, _)| template).collect();
        for name in Templates::iter().filter(|name| name.starts_with("pages/")) {
            assert!(shown.contains(&*name), "no view shows {name}");
        }
    }

    #[test]
    fn templates_hold_no_addresses_of_their_own() {
        for name in Templates::iter() {
            let source = String::from_utf8(Templates::get(&name).unwrap().data.into_owned()).unwrap();
            for (number, line) in source.lines().enumerate() {
                for literal in ["href=\"/", "href: \"/", "href: '/", "action=\"/", "src=\"/"] {
                    assert!(!line.contains(literal), "{name}:{}: links come from `routes`", number + 1);
                }
            }
        }
    }
}
