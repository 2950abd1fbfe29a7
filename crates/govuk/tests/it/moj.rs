//! MoJ Frontend: every component runs, and its layout is fit for pages. [`crate::oracle`] compares what they render.

use govuk::Components;
use minijinja::Value;
use minijinja::value::Serde;
use serde_json::json;

#[test]
fn every_component_of_both_packages_is_read_and_runs() {
    let components = Components::new();
    let mut moj = 0;
    for name in components.names().filter(|name| *name != "interruptionCard") {
        let html = components.render(name, &Value::from(Serde(json!({}))));
        assert!(html.is_ok(), "{name} without parameters: {html:?}");
        moj += usize::from(name.starts_with("moj"));
    }
    assert!(moj >= 25, "{moj} MoJ components");
}

#[test]
fn a_component_that_must_be_called_with_a_body_gets_it() {
    let mut env = govuk::environment();
    let page = "{% from 'moj/components/interruption-card/macro.njk' import interruptionCard %}\
        {% call interruptionCard({ heading: 'Stop' }) %}<p>Think</p>{% endcall %}";
    govuk::add_page(&mut env, "page.html", page).unwrap();
    let html = env.get_template("page.html").unwrap().render(()).unwrap();
    assert!(html.contains("Stop") && html.contains("<p>Think</p>"), "{html}");
}

#[test]
fn a_page_extends_the_moj_layout() {
    let mut env = govuk::environment();
    let page = "{% extends 'moj/template.njk' %}{% block content %}<p>{{ text }}</p>{% endblock %}";
    govuk::add_page(&mut env, "page.html", page).unwrap();
    let html = env.get_template("page.html").unwrap().render(minijinja::context! { text => "a & b" }).unwrap();
    assert!(html.contains("<p>a &amp; b</p>") && html.contains("moj-apple-touch-icon-2024.png"), "{html}");
    assert!(!html.contains("og:image"), "no picture is offered unless its address is known: {html}");
}
