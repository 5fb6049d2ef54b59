//! Bodies in the words of 2018-05-01: our additions are left out where nothing is lost, and named where the resource
//! cannot be without. Pure.

use serde::Serialize;
use serde_json::Value;

use crate::api::cluster::ClusterCreate;
use crate::api::job::JobCreate;

/// What the version cannot do, and what to do instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lack {
    /// After `speaks only 2018-05-01, which`.
    pub what: &'static str,
    /// A whole sentence.
    pub instead: &'static str,
}

/// For a job with code.
pub const CODE: Lack = Lack {
    what: "takes no code folder",
    instead: "put the code where the job finds it, such as a share that its cluster mounts, and leave `code` out",
};
const OUTPUT: Lack = Lack {
    what: "keeps no output for a job: it must say where its output goes",
    instead: "give the job `stdOutErrPathPrefix`, such as $AZ_BATCHAI_MOUNT_ROOT/SHARE",
};
const DIRECTORY: Lack = Lack {
    what: "keeps no output directories for a job: each must say where it lies",
    instead: "give every one of `outputDirectories` a `pathPrefix`, such as $AZ_BATCHAI_MOUNT_ROOT/SHARE",
};
const SIZE: Lack = Lack {
    what: "makes no cluster of its own machine: it must have a VM size",
    instead: "make the cluster with `batchai cluster create -n NAME -s SIZE`, such as STANDARD_NC6, or name one that is there with -c",
};
const ACCOUNT: Lack = Lack {
    what: "makes no cluster without an account on its nodes",
    instead: "give the cluster `userAccountSettings` with an `adminUserName` and a password or a public key",
};

/// For a workspace whose region nobody knows.
pub const REGION: Lack = Lack {
    what: "makes no workspace without a region, and tells none for its resource group",
    instead: "give the region with -l, such as `batchai workspace create -n NAME -l eastus`",
};

/// The body of a job.
///
/// # Errors
/// What the version cannot do.
pub fn job(body: &JobCreate) -> Result<Value, Lack> {
    let mut body = body.clone();
    let spec = &mut body.properties;
    if spec.code_snapshot.is_some() {
        return Err(CODE);
    }
    if spec.std_out_err_path_prefix.is_none() {
        return Err(OUTPUT);
    }
    if spec.output_directories.iter().flatten().any(|directory| directory.path_prefix.is_none()) {
        return Err(DIRECTORY);
    }
    // There the nodes' own is used, and no run is repeated.
    spec.search_path = None;
    if let Some(constraints) = &mut spec.constraints {
        constraints.max_retry_count = None;
    }
    Ok(bare(&body))
}

/// The body of a cluster.
///
/// # Errors
/// What the version cannot do.
pub fn cluster(body: &ClusterCreate) -> Result<Value, Lack> {
    let spec = &body.properties;
    match (&spec.vm_size, &spec.user_account_settings) {
        (None, _) => Err(SIZE),
        (_, None) => Err(ACCOUNT),
        (Some(_), Some(_)) => Ok(bare(&without_idle_time(body.clone()))),
    }
}

/// There nodes go when the service finds the time.
fn without_idle_time(mut body: ClusterCreate) -> ClusterCreate {
    let scale = body.properties.scale_settings.as_mut();
    if let Some(auto) = scale.and_then(|settings| settings.auto_scale.as_mut()) {
        auto.idle_time_before_scale_down = None;
    }
    body
}

/// What is not set is left out, as the service's own clients did, and not null.
#[must_use]
pub fn bare(body: &impl Serialize) -> Value {
    let mut value = serde_json::to_value(body).unwrap_or_default();
    drop_nulls(&mut value);
    value
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::cluster::UserAccountSettings;
    use crate::api::job::OutputDirectory;

    fn job_of(change: impl FnOnce(&mut JobCreate)) -> Result<Value, Lack> {
        let mut body = JobCreate::default();
        body.properties.std_out_err_path_prefix = Some("$AZ_BATCHAI_MOUNT_ROOT/x".into());
        body.properties.search_path = Some("/bin".into());
        change(&mut body);
        job(&body)
    }

    #[test]
    fn what_is_not_set_and_what_only_ours_knows_is_left_out() {
        let body = job_of(|_| {}).expect("a body");
        assert_eq!(
            body,
            json!({ "properties": {
                "cluster": { "id": "" }, "nodeCount": 0, "stdOutErrPathPrefix": "$AZ_BATCHAI_MOUNT_ROOT/x",
            } })
        );
    }

    #[test]
    fn what_a_job_needs_and_the_version_lacks_is_named() {
        let snapshot = |body: &mut JobCreate| body.properties.code_snapshot = Some("sha256:0".into());
        assert_eq!(job_of(snapshot), Err(CODE));
        assert_eq!(job_of(|body| body.properties.std_out_err_path_prefix = None), Err(OUTPUT));
        let managed = OutputDirectory { id: "OUT".into(), ..OutputDirectory::default() };
        assert_eq!(job_of(|body| body.properties.output_directories = Some(vec![managed])), Err(DIRECTORY));
    }

    #[test]
    fn a_cluster_has_a_size_and_an_account() {
        let mut body = ClusterCreate::default();
        assert_eq!(cluster(&body), Err(SIZE));
        body.properties.vm_size = Some("STANDARD_NC6".into());
        assert_eq!(cluster(&body), Err(ACCOUNT));
        let account = UserAccountSettings { admin_user_name: "me".into(), ..UserAccountSettings::default() };
        body.properties.user_account_settings = Some(account);
        let sent = cluster(&body).expect("a body");
        assert_eq!(
            sent,
            json!({ "properties": { "vmSize": "STANDARD_NC6", "userAccountSettings": { "adminUserName": "me" } } })
        );
    }
}
