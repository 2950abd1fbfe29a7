//! Writes a sample page and every asset into a folder, to look at: `cargo run -p govuk --example gallery`.

use std::error::Error;
use std::fs;
use std::path::Path;

use govuk::{Assets, DEFAULT_PREFIX, add_page, environment};
use minijinja::context;

#[expect(clippy::print_stdout, reason = "an example tells where it wrote")]
fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join("govuk-gallery");
    let mut env = environment();
    add_page(&mut env, "gallery.html", include_str!("gallery.html"))?;
    let html = env.get_template("gallery.html")?.render(context! {
        title => "Accommodation referral",
        errors => [context! { text => "Date must be a real date", href => "#date-day" }],
        details => [
            context! { label => "Service user", value => "Alex <River>" },
            context! { label => "Provider", value => "Harbour Trust" },
        ],
        sessions => [
            context! { number => 1, at => "2026-03-09T10:00:00", status => "Completed", colour => "green" },
            context! { number => 2, at => "2026-03-16T14:30:00", status => "Scheduled", colour => "blue" },
        ],
    })?;
    write(&folder.join("index.html"), html.as_bytes())?;

    let assets = Assets::new(DEFAULT_PREFIX);
    for name in assets.names() {
        let Some(asset) = assets.get(name) else { continue };
        let hashed = assets.path(name);
        for path in [hashed.trim_start_matches('/'), &format!("assets/{name}")] {
            write(&folder.join(path), &asset.bytes)?;
        }
    }
    println!("{0}: serve it with `python3 -m http.server --directory {0}`", folder.display());
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    Ok(fs::write(path, bytes)?)
}
