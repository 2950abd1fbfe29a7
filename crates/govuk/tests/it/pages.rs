//! Page templates: the official layout, strictness, and the parts of Nunjucks that pages lean on.

use govuk::{add_page, environment};
use minijinja::{Value, context};

use crate::chain;

/// Renders a one-off page; an error is given with its causes.
fn render(source: &str, context: Value) -> Result<String, String> {
    let mut env = environment();
    add_page(&mut env, "page.html", source).map_err(|error| chain(&error))?;
    env.get_template("page.html").expect("it was added").render(context).map_err(|error| chain(&error))
}

#[test]
fn an_undefined_variable_fails_wherever_it_is_read() {
    for (source, name) in [
        ("{{ x }}", "x"),
        ("{{ a.x }}", "a.x"),
        ("{% if a.x %}{% endif %}", "a.x"),
        ("{% for i in a.x %}{% endfor %}", "a.x"),
        ("{% set y = a.x %}", "a.x"),
        ("{{ 'and ' + a.x }}", "a.x"),
        ("{{ a.x | upper }}", "a.x"),
        ("{{ 'yes' if a.x else 'no' }}", "a.x"),
        ("{% if not a.x %}{% endif %}", "a.x"),
        ("{{ a['x'] }}", "a[\"x\"]"),
        ("{% from 'govuk/components/button/macro.njk' import govukButton %}{{ govukButton({ text: a.x }) }}", "a.x"),
        ("{% from 'govuk/components/button/macro.njk' import govukButton %}{{ govukButton(x) }}", "x"),
    ] {
        let error = render(source, context! { a => context! { b => 1 } }).expect_err(source);
        assert_eq!(error, format!("undefined value: `{name}` is undefined (in page.html:1)"), "{source}");
    }
}

#[test]
fn what_may_be_missing_is_said_so() {
    assert_eq!(render("{{ 'a' ~ none + 'b' }}", context! {}).unwrap(), "ab");
    let page = "{{ x | default('none') }} {{ 'no' if x is not defined }} {{ x === undefined }} [{{ a.missing }}]";
    let html = render(page, context! { a => context! { missing => () } }).unwrap();
    assert_eq!(html, "none no true []");
}

#[test]
fn an_error_names_the_line_of_the_source() {
    let page = "{# a comment\n   of two lines #}\n{%- if\n  true -%}\n\n  text\n{% endif %}\n\n{{ missing }}\n";
    let error = render(page, context! {}).unwrap_err();
    assert_eq!(error, "undefined value: `missing` is undefined (in page.html:9)");
}

#[test]
fn a_page_that_cannot_be_read_is_refused_with_its_line() {
    for (source, reason) in [
        ("\n{% if a == %}", "template page.html line 2: unexpected end of the tag"),
        ("{% switch a %}", "template page.html line 1: tag `switch` is not supported"),
        ("\n\n{{ 'open }}", "template page.html line 3: string is not closed"),
        ("{{ a", "template page.html line 1: tag is not closed"),
        ("{{ { a: 1 b: 2 } }}", "template page.html line 1: expected `,`, found `b`"),
    ] {
        assert_eq!(render(source, context! {}).unwrap_err(), reason);
    }
}

#[test]
fn a_page_extends_the_official_layout_and_fills_its_blocks() {
    let page = r#"
{% extends "govuk/template.njk" %}
{% from "govuk/components/back-link/macro.njk" import govukBackLink %}
{% set htmlLang = "cy" %}
{% set mainClasses = "app-main" %}
{% block pageTitle %}{{ title }}{% endblock %}
{% block beforeContent %}{{ govukBackLink({ href: "/back" }) }}{% endblock %}
{% block headerStart %}<p>before</p>{{ super() }}{% endblock %}
{% block content %}<h1>{{ title }}</h1>{% endblock %}
{% block govukFooter %}{% endblock %}
"#;
    let html = render(page, context! { title => "Tom & Jerry" }).unwrap();
    assert!(html.trim_start().starts_with("<!DOCTYPE html>\n<html lang=\"cy\" class=\"govuk-template\">"), "{html}");
    assert!(html.contains("<title>Tom &amp; Jerry</title>"), "{html}");
    assert!(html.contains("<main class=\"govuk-main-wrapper app-main\" id=\"main-content\">"), "{html}");
    assert!(
        html.contains("<header class=\"govuk-template__header\">") && html.contains("govuk-header__logo"),
        "{html}"
    );
    assert!(html.contains("<p>before</p>") && html.contains("class=\"govuk-back-link\""), "{html}");
    assert!(!html.contains("<footer"), "the layout leaves out an empty footer: {html}");
}

#[test]
fn a_call_hands_its_body_to_the_component() {
    let page = r#"
{% from "govuk/components/fieldset/macro.njk" import govukFieldset %}
{%- call govukFieldset({ legend: { text: "Who?" } }) %}<p>{{ name }}</p>{% endcall %}"#;
    let html = render(page, context! { name => "<b>" }).unwrap();
    assert!(html.contains("<p>&lt;b&gt;</p>"), "{html}");
    assert!(html.contains("govuk-fieldset__legend"), "{html}");
}

#[test]
fn a_component_sees_its_arguments_only() {
    let page = r#"{% from "govuk/components/tag/macro.njk" import govukTag %}{{ govukTag({ text: "New" }) }}"#;
    let plain = render(page, context! {}).unwrap();
    let disturbed = render(page, context! { params => "x", classes => "y", caller => "z", attributes => "w" }).unwrap();
    assert_eq!(plain, disturbed);
}

#[test]
fn variables_set_in_a_loop_behave_as_in_nunjucks() {
    let page = "{% set last = 'none' %}{% for item in items %}{% set last = item %}{% endfor %}{{ last }}\
        {% for item in items %}{% if seen is defined %}+{{ seen }}{% endif %}{% set seen = item %}{% endfor %}";
    assert_eq!(render(page, context! { items => vec![1, 2, 3] }).unwrap(), "3+1+2");
    let nested = "{% macro total(rows, sum=0) %}{% for row in rows %}{% for cell in row %}{% set sum = sum + cell %}\
        {% endfor %}{% endfor %}{{ sum }}{% endmacro %}{{ total([[1, 2], [3]]) }}/{{ total([]) }}";
    assert_eq!(render(nested, context! {}).unwrap(), "6/0");
}

/// Expressions and what they print, here and in Nunjucks.
pub(crate) const EXPRESSIONS: &[(&str, &str)] = &[
    ("1 + 2 + 'a' + 3", "3a3"),
    ("'a' ~ 1", "a1"),
    ("1.5 + 1.5", "3"),
    ("2 * 3 - 1", "5"),
    ("'b' in 'abc'", "true"),
    ("0 in [false]", "false"),
    ("'k' in { k: 1 }", "true"),
    ("not 'd' in 'abc'", "true"),
    ("'d' not in 'abc'", "true"),
    ("1 === true", "false"),
    ("[1, 2].concat([3], 4).join('-')", "1-2-3-4"),
    ("[1, 2].length", "2"),
    ("'<b>' | safe | trim", "<b>"),
    ("'<b>' | trim", "&lt;b&gt;"),
    ("'a\nb' | indent(2)", "a\n  b"),
    ("none | default('x')", ""),
    ("none | default('x', true)", "x"),
    ("[1, 2]", "1,2"),
    ("(1 if false) + 'x'", "x"),
    ("'12px' | int + 1", "13"),
    ("{ 'a b': 1 }['a b']", "1"),
    ("'€'.length", "1"),
];

#[test]
fn expressions_have_the_values_that_nunjucks_gives_them() {
    for (expression, value) in EXPRESSIONS {
        assert_eq!(&render(&format!("{{{{ {expression} }}}}"), context! {}).unwrap(), value, "{expression}");
    }
}

#[test]
fn a_loop_goes_over_the_pairs_of_an_object() {
    let page = "{% for key, value in { b: 1, a: 2 } %}{{ loop.index }}{{ key }}={{ value }};{% else %}none{% endfor %}";
    assert_eq!(render(page, context! {}).unwrap(), "1b=1;2a=2;");
    let error = render("{% for key in { b: 1 } %}{% endfor %}", context! {}).unwrap_err();
    assert!(error.contains("a loop over an object takes two names"), "{error}");
}

#[test]
fn empty_lists_are_true_inside_a_component() {
    let page = r#"{% from "govuk/components/summary-list/macro.njk" import govukSummaryList %}{{ govukSummaryList({
        rows: [{ key: { text: "A" }, value: { text: "B" }, actions: { items: items } }, {
        key: { text: "C" }, value: { text: "D" }, actions: { items: [{ href: "/", text: "Change" }] } }] }) }}"#;
    let html = render(page, context! { items => Vec::<Value>::new() }).unwrap();
    // The official template asks for `row.actions.items`, which Node.js takes for true, and then for its length.
    assert!(html.contains("govuk-summary-list__actions"), "{html}");
}

#[test]
fn pages_include_and_import_pages() {
    let mut env = environment();
    add_page(&mut env, "partials/name.html", "Hello {{ name }}").unwrap();
    add_page(
        &mut env,
        "macros/shout.html",
        "{% macro shout(what, end='!') %}{{ what | upper }}{{ end }}{% endmacro %}",
    )
    .unwrap();
    let page =
        "{% from '../macros/shout.html' import shout %}{% include 'partials/name.html' %} {{ shout('hey', end='?') }}";
    add_page(&mut env, "pages/one.html", page).unwrap();
    let html = env.get_template("pages/one.html").unwrap().render(context! { name => "Ada" }).unwrap();
    assert_eq!(html, "Hello Ada HEY?");
}

#[test]
fn the_insides_of_a_component_are_not_for_pages() {
    let error = render("{% include 'govuk/components/button/template.njk' %}", context! {}).unwrap_err();
    assert!(error.contains("non-existing template"), "{error}");
}

#[test]
fn macros_of_a_product_use_official_ones() {
    let mut env = environment();
    let status = "{% from 'govuk/components/tag/macro.njk' import govukTag %}\
        {% macro status(of) %}{{ govukTag({ text: of.label, classes: 'app-' + of.kind }) }}{% endmacro %}\
        {% macro boxed() %}<div>{{ caller() }}</div>{% endmacro %}";
    add_page(&mut env, "status.html", status).unwrap();
    let list = "{% from 'status.html' import status, boxed %}\
        {% for item in items %}{% call boxed() %}{{ status(item) }}{% endcall %}{% endfor %}";
    add_page(&mut env, "list.html", list).unwrap();
    let page = "{% extends 'govuk/template.njk' %}{% block content %}{% include 'list.html' %}{% endblock %}";
    add_page(&mut env, "page.html", page).unwrap();
    let items = vec![context! { label => "Late", kind => "red" }, context! { label => "Done", kind => "green" }];
    let html = env.get_template("page.html").unwrap().render(context! { items }).unwrap();
    let start = html.find("<div><strong").expect("the first tag");
    let end = html.rfind("</strong>").expect("the last tag");
    let expected = [("red", "Late"), ("green", "Done")]
        .map(|(kind, label)| format!("<div><strong class=\"govuk-tag app-{kind}\">\n  {label}\n</strong>\n</div>"));
    assert_eq!(&html[start..end + 16], expected.concat());

    let wrong = context! { items => vec![context! { label => "Late" }] };
    let error = chain(&env.get_template("page.html").unwrap().render(wrong).unwrap_err());
    assert!(error.contains("`of.kind` is undefined (in status.html:1)"), "{error}");
}

#[test]
fn what_a_set_block_captures_stays_escaped_once() {
    let page = "{% set name %}<b>{{ x }}</b>{% endset %}{{ name }}{{ name | length }}";
    assert_eq!(render(page, context! { x => "&" }).unwrap(), "<b>&amp;</b>12");
}
