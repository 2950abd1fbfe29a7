//! Comparison with the real Nunjucks, which `tests/oracle.mjs` runs under Node.js with the same templates and values.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use govuk::Components;
use minijinja::Value;
use minijinja::value::Serde;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::fixtures::{self, macro_name};

/// What Nunjucks made of a case.
#[derive(Debug, Deserialize)]
struct Answer {
    html: Option<String>,
    error: Option<String>,
}

fn ask(cases: &[Json]) -> Vec<Answer> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle.mjs");
    let mut node = Command::new("node")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Node.js is installed, as for npm");
    let mut input = node.stdin.take().expect("it is piped");
    let text = serde_json::to_vec(cases).expect("JSON is JSON");
    let writer = std::thread::spawn(move || input.write_all(&text));
    let output = node.wait_with_output().expect("Node.js ends");
    writer.join().expect("the writer does not panic").expect("Node.js reads its input");
    assert!(output.status.success(), "{:?}", output.status);
    serde_json::from_slice(&output.stdout).expect("a list of answers")
}

/// A call of a component, for both engines.
struct Case {
    name: String,
    macro_name: String,
    template: String,
    params: Json,
}

/// Compares every case that Nunjucks renders at all, byte for byte; gives how many were alike.
fn compare(cases: &[Case]) -> usize {
    let asked: Vec<_> = cases
        .iter()
        .map(|case| json!({ "template": case.template, "macro": case.macro_name, "params": case.params }))
        .collect();
    let components = Components::new();
    let mut compared = 0;
    let mut refused = 0;
    let mut differences = Vec::new();
    for (case, answer) in cases.iter().zip(ask(&asked)) {
        let Some(theirs) = answer.html else { continue };
        compared += 1;
        match components.render(&case.macro_name, &Value::from(Serde(&case.params))) {
            Ok(ours) if ours == theirs => {}
            Ok(ours) => {
                differences.push(format!("{}\n{}\nours:\n{ours}\ntheirs:\n{theirs}", case.name, case.params));
            }
            // Nunjucks passes over a value that is no list; here that is an error, which is better news for its author.
            Err(error) if crate::chain(&error).contains("loop over") => refused += 1,
            Err(error) => differences.push(format!("{}\n{}\n{}", case.name, case.params, crate::chain(&error))),
        }
    }
    let shown = differences.iter().take(5).cloned().collect::<Vec<_>>().join("\n\n");
    assert!(differences.is_empty(), "{} of {compared} differ:\n\n{shown}", differences.len());
    compared - refused
}

#[test]
fn moj_components_render_as_in_nunjucks() {
    let cases: Json = serde_json::from_str(include_str!("../cases.json")).unwrap();
    let mut all = Vec::new();
    for (macro_name, list) in cases.as_object().unwrap() {
        let template = Components::new().template(macro_name).unwrap_or_else(|| panic!("{macro_name}")).to_owned();
        for (index, params) in list.as_array().unwrap().iter().enumerate() {
            let name = format!("{macro_name} {index}");
            all.push(Case { name, macro_name: macro_name.clone(), template: template.clone(), params: params.clone() });
        }
    }
    let total = all.len();
    assert_eq!(compare(&all), total, "Nunjucks renders every case");
    println!("{total} cases of MoJ components render as in Nunjucks");
}

/// Every fixture again with one option at a time replaced by something awkward.
#[test]
fn awkward_options_render_as_in_nunjucks() {
    let awkward = [
        json!(null),
        json!(""),
        json!("a \"b\" <c> & 'd' `e` \\f"),
        json!(0),
        json!(7.25),
        json!(true),
        json!(false),
        json!([]),
        json!({}),
        json!({ "html": "<b>x</b>", "text": "y", "classes": "z" }),
        json!(["a", "b"]),
    ];
    let mut cases = Vec::new();
    let mut next = 0;
    for component in fixtures::all() {
        let macro_name = macro_name(&component.component);
        for fixture in component.fixtures {
            let Some(options) = fixture.options.as_object() else { continue };
            for key in options.keys() {
                let mut params = fixture.options.clone();
                params[key] = awkward[next % awkward.len()].clone();
                next += 1;
                cases.push(Case {
                    name: format!("{} / {}, {key}", component.component, fixture.name),
                    macro_name: macro_name.clone(),
                    template: format!("govuk/components/{}/macro.njk", component.component),
                    params,
                });
            }
        }
    }
    let alike = compare(&cases);
    println!("{alike} of {} awkward calls render as in Nunjucks", cases.len());
    assert!(alike > 1500, "{alike}");
}

#[test]
fn page_expressions_have_the_values_of_nunjucks() {
    let cases: Vec<_> = crate::pages::EXPRESSIONS
        .iter()
        .map(|(expression, _)| json!({ "source": format!("{{{{ {expression} }}}}") }))
        .collect();
    for ((expression, value), answer) in crate::pages::EXPRESSIONS.iter().zip(ask(&cases)) {
        assert_eq!(answer.html.as_deref(), Some(*value), "{expression}: {:?}", answer.error);
    }
}
