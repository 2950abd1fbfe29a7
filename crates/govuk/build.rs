//! Checks that the npm packages are installed at the pinned versions and writes the table that embeds them.
//!
//! Owns: which files of the packages end up in the binary. Refuses to build with another version than `package.json`
//! pins, because the fixtures and the compatibility layer are proven against exactly that one.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const GOVUK: &str = "govuk-frontend";
const MOJ: &str = "@ministryofjustice/frontend";
const AUTOCOMPLETE: &str = "accessible-autocomplete";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            println!("cargo::error={reason}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    for watched in ["build.rs", "package.json", "node_modules/.package-lock.json"] {
        println!("cargo::rerun-if-changed={watched}");
    }
    for package in [GOVUK, MOJ, AUTOCOMPLETE] {
        println!("cargo::rerun-if-changed=node_modules/{package}/package.json");
    }
    let wanted = read(Path::new("package.json"))?;
    // From the package's own folder, where cargo runs this: two checkouts may share what is built.
    let modules = PathBuf::from("node_modules");
    let mut versions = Vec::new();
    for package in [GOVUK, MOJ, AUTOCOMPLETE] {
        versions.push(check_version(&wanted, &modules, package)?);
    }

    let mut templates = Vec::new();
    let mut assets = Vec::new();
    let govuk = modules.join(GOVUK).join("dist/govuk");
    let moj = modules.join(MOJ).join("moj");
    let autocomplete = modules.join(AUTOCOMPLETE).join("dist");
    for (folder, prefix) in [(&govuk, "govuk"), (&moj, "moj")] {
        for file in files_below(folder)? {
            if file.extension().is_some_and(|extension| extension == "njk") {
                templates.push((format!("{prefix}/{}", relative(folder, &file)), file));
            }
        }
    }
    // Both packages keep their pictures below `assets/`; GOV.UK's file wins where both ship one of the same name.
    for folder in [moj.join("assets"), govuk.join("assets")] {
        for file in files_below(&folder)? {
            let name = relative(&folder, &file);
            assets.retain(|(known, _)| *known != name);
            assets.push((name, file));
        }
    }
    for (folder, names) in [
        (&govuk, ["govuk-frontend.min.css", "govuk-frontend.min.js"]),
        (&moj, ["moj-frontend.min.css", "moj-frontend.min.js"]),
        (&autocomplete, ["accessible-autocomplete.min.css", "accessible-autocomplete.min.js"]),
    ] {
        assets.extend(names.map(|name| (name.to_owned(), folder.join(name))));
    }
    templates.sort();
    assets.sort();

    let mut table = String::new();
    let versions = versions.join("\", \"");
    let _ = writeln!(table, "pub(crate) static VERSIONS: [&str; 3] = [\"{versions}\"];");
    write_table(&mut table, "TEMPLATES", "&str", "include_str", &templates)?;
    write_table(&mut table, "ASSETS", "&[u8]", "include_bytes", &assets)?;
    let out = std::env::var_os("OUT_DIR").ok_or("cargo did not set OUT_DIR")?;
    fs::write(Path::new(&out).join("packages.rs"), table).map_err(|error| format!("cannot write packages.rs: {error}"))
}

/// The version installed, when it is the one that `package.json` pins.
fn check_version(wanted: &str, modules: &Path, package: &str) -> Result<String, String> {
    let wanted = field(wanted, package).ok_or_else(|| format!("crates/govuk/package.json does not pin {package}"))?;
    let manifest = fs::read_to_string(modules.join(package).join("package.json")).unwrap_or_default();
    match field(&manifest, "version") {
        Some(found) if found == wanted => Ok(found.to_owned()),
        Some(found) => Err(format!(
            "npm package {package} is at {found} but crates/govuk/package.json pins {wanted}: run `make setup`, or `npm ci --prefix crates/govuk --ignore-scripts`"
        )),
        None => Err(format!(
            "npm package {package} {wanted} is not installed: run `make setup`, or `npm ci --prefix crates/govuk --ignore-scripts`"
        )),
    }
}

/// The first string value of `key` in a JSON text; enough for a manifest, whose own keys come before nested ones.
fn field<'json>(json: &'json str, key: &str) -> Option<&'json str> {
    let after = &json[json.find(&format!("\"{key}\":"))? + key.len() + 3..];
    let value = after.trim_start().strip_prefix('"')?;
    value.split('"').next()
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

fn files_below(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        let entries = fs::read_dir(&folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        for entry in entries.map_err(|error| format!("cannot list {}: {error}", folder.display()))? {
            let path = entry.path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                found.push(path);
            }
        }
    }
    Ok(found)
}

fn relative(folder: &Path, file: &Path) -> String {
    file.strip_prefix(folder).unwrap_or(file).to_string_lossy().replace('\\', "/")
}

fn write_table(
    table: &mut String,
    name: &str,
    content: &str,
    include: &str,
    files: &[(String, PathBuf)],
) -> Result<(), String> {
    let _ = writeln!(table, "pub(crate) static {name}: &[(&str, {content})] = &[");
    for (name, path) in files {
        let path = path.to_str().ok_or_else(|| format!("{} is not a path in UTF-8", path.display()))?;
        let path = format!("concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/{path}\")");
        let _ = writeln!(table, "    ({name:?}, {include}!({path})),");
    }
    table.push_str("];\n");
    Ok(())
}
