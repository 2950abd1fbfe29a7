//! The frame of the sandbox's own pages, and escaping.

/// `text` made safe for HTML text and attribute values, and for XML.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// A whole page; `body` is HTML.
pub(crate) fn document(title: &str, body: &str) -> String {
    format!(
        r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} – sandbox</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 0 auto; padding: 0 1rem 3rem; color: #0b0c0c; }}
header {{ border-bottom: 4px solid #5694ca; padding: .5rem 0; margin-bottom: 1rem; }}
nav a {{ margin-right: 1rem; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; vertical-align: top; border-bottom: 1px solid #b1b4b6; padding: .3rem .8rem .3rem 0; }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere; background: #f3f2f1; padding: .5rem; }}
.panel {{ background: #f3f2f1; padding: .5rem 1rem; }}
.error {{ border-left: 5px solid #d4351c; padding-left: .8rem; font-weight: bold; }}
form {{ margin: 0; }}
input, select, button {{ font: inherit; padding: .2rem .4rem; }}
</style></head>
<body><header><strong>Sandbox</strong> – stand-ins of other systems, with fictional people only
<nav aria-label="Sandbox"><a href="/">Overview</a><a href="/notify/inbox">E-mails</a></nav></header>
<main>{body}</main></body></html>"#,
        title = escape(title),
    )
}
