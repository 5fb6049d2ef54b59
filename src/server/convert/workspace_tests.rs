//! Workspace bodies.

use super::super::tests::lines;
use super::*;

fn body(location: Option<&str>, tags: impl IntoIterator<Item = (String, String)>) -> wire::WorkspaceCreate {
    wire::WorkspaceCreate { location: location.map(str::to_owned), tags: Some(tags.into_iter().collect()) }
}

#[test]
fn only_our_version_may_leave_the_region_out() {
    for left_out in [None, Some(" ")] {
        assert_eq!(spec(body(left_out, []), ApiVersion::Ours).map(|(region, _)| region).as_deref(), Ok("local"));
        let errors = spec(body(left_out, []), ApiVersion::V2018May).expect_err("an error");
        assert_eq!(lines(&errors), "location: the region of the workspace is missing, such as `eastus`");
    }
    assert_eq!(spec(body(Some("East US"), []), ApiVersion::V2018May), Ok(("East US".into(), Tags::new())));
}

#[test]
fn regions_and_tags_have_bounds_and_all_that_break_them_are_told() {
    let of = |name: usize, value: usize| ("n".repeat(name), "ö".repeat(value));
    assert!(spec(body(Some("x"), [of(512, 256)]), ApiVersion::Ours).is_ok());
    let wrong = [of(0, 1), of(513, 0), ("long".into(), "v".repeat(257))];
    let errors = spec(body(Some("a\nb"), wrong.clone()), ApiVersion::Ours).expect_err("errors");
    insta::assert_snapshot!(lines(&errors), @r"
    location: it must be the name of a region, at most 90 characters
    tags: the name of a tag has 1 to 512 characters
    tags.long: the value of a tag has at most 256 characters
    tags: the name of a tag has 1 to 512 characters
    ");
    let update = wire::WorkspaceUpdate { tags: Some(wrong.into_iter().collect()) };
    assert_eq!(new_tags(update).expect_err("errors").0, errors.0[1..]);
    let many = (0..51).map(|number| (number.to_string(), String::new()));
    let errors = spec(body(Some("x"), many), ApiVersion::Ours).expect_err("an error");
    assert_eq!(lines(&errors), "tags: a workspace has at most 50 tags, these are 51");
    assert_eq!(new_tags(wire::WorkspaceUpdate::default()), Ok(None));
}
