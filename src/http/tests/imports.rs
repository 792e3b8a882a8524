//! HTTP asks actors and never the store.

use std::path::Path;

#[test]
fn no_route_reaches_the_store() {
    let mut read = 0;
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            read += 1;
            for forbidden in [["crate::", "store"].concat(), ["sea_", "orm"].concat(), ["entity", "::"].concat()] {
                assert!(!text.contains(&forbidden), "{} names {forbidden}", path.display());
            }
        }
    }
    assert!(read > 20, "the files of src/http were not found");
}
