//! `admin` as an operator types it: what it says, and how it ends.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use testkit::TestDatabase;

use crate::process::Process;

const OFFICES: &str = "probation_office_id,name,address,probation_region_id,gov_uk_url,delius_crs_location_id\n\
    1,Quay,\"1 Quay, Town, ZZ1 1AB\",A,,CRSX001\n";

struct Operator {
    database: TestDatabase,
    folder: tempfile::TempDir,
    commands: std::cell::Cell<u32>,
}

impl Operator {
    async fn at_work() -> Self {
        let database = TestDatabase::create().await;
        Self { database, folder: tempfile::tempdir().unwrap(), commands: std::cell::Cell::new(0) }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The exit code, and what was said.
    async fn types(&self, command: &str) -> (Option<i32>, String) {
        let number = self.commands.replace(self.commands.get() + 1);
        let environment = BTreeMap::from([
            ("DATABASE_URL".to_owned(), self.database.url.clone()),
            ("USER".to_owned(), "operator7".to_owned()),
        ]);
        let arguments: Vec<&str> = command.split(' ').collect();
        let mut process = Process::start(&format!("admin-{number}"), &arguments, &environment, self.path());
        let status = process.ended().await;
        (status.code(), process.log())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_register_is_tried_imported_shown_and_undone() {
    let operator = Operator::at_work().await;
    std::fs::write(operator.path().join("probation-offices-v0.csv"), OFFICES).unwrap();
    let import = "admin reference-data import probation-offices-v0.csv";

    let (code, said) = operator.types(&format!("{import} --dry-run")).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("+ probation_office 1\n") && said.contains("    delius_location_code: \"CRSX001\"\n"),
        "{said}"
    );
    assert!(said.ends_with("1 rows would change (dry run)\n"), "{said}");
    assert_eq!(operator.types("admin import list").await, (Some(0), String::new()));

    let (code, said) = operator.types(&format!("{import} --json --as registrar")).await;
    let made: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &made["rows"], &made["importedBy"]), (Some(0), &Value::from(1), &Value::from("registrar")));
    assert_eq!(made["subject"], "reference-data");
    assert_eq!(operator.types(import).await, (Some(0), "nothing differs\n".to_owned()));

    let id = made["id"].as_str().unwrap();
    let (code, said) = operator.types(&format!("admin import show {id}")).await;
    assert!(code == Some(0) && said.contains("sha256 ") && said.contains("+ probation_office 1\n"), "{said}");
    let (code, said) = operator.types(&format!("admin import undo {id}")).await;
    assert!(code == Some(0) && said.trim_end().ends_with("by operator7"), "{said}");
    let (code, said) = operator.types(&format!("admin import undo {id}")).await;
    assert!(code == Some(1) && said.contains("was undone already"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_is_a_line_and_the_end_is_a_failure() {
    let operator = Operator::at_work().await;
    let folder = operator.path().join("registers");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("probation-offices-v0.csv"), OFFICES.replace("ZZ1 1AB", "Nowhere")).unwrap();
    std::fs::write(folder.join("nsi-types.csv"), "contract_type_id,nsi_type\n").unwrap();
    let (code, said) = operator.types("admin reference-data import registers").await;
    assert_eq!(code, Some(1));
    let expected = [
        "nsi-types.csv: -: holds no records: no contract could be published\n",
        "probation-offices-v0.csv: line 2: address: does not end with a postcode\n",
    ];
    assert!(expected.iter().all(|line| said.contains(line)), "{said}");
    assert!(said.contains("nothing was imported: "), "{said}");

    let (code, said) = operator.types("admin catalogue import registers --json").await;
    assert_eq!(code, Some(1));
    let fault: Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
    assert_eq!(fault["file"], ".");
    let (code, said) = operator.types("admin reference-data import nowhere.csv").await;
    assert!(code == Some(1) && said.contains("nowhere.csv cannot be read"), "{said}");
    let (code, _) = operator.types("admin import undo not-an-id").await;
    assert_eq!(code, Some(2), "what cannot be understood is a mistake of the command line");
}
