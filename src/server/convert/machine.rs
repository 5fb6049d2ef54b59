//! Machines in Azure's words: VM sizes, images, administrators. Nodes are what the engine has; most of this is
//! checked as the service did, kept, and shown again.

use super::{FieldErrors, Rules};
use crate::api::cluster as wire;
use crate::api::version::ApiVersion;
use crate::domain::cluster::{Admin, Image};
use crate::domain::secret::SecretValue;
use crate::domain::vm_size;

/// The VM size of a cluster whose creator named none: this machine.
pub const LOCAL_SIZE: &str = "local";

/// The size of nodes: as [`any_vm_size`], without those that the service refused.
pub(super) fn vm_size(target: &str, size: Option<&str>, version: ApiVersion, errors: &mut FieldErrors) -> String {
    let upper = any_vm_size(target, size, version, errors);
    if vm_size::is_refused(&upper) {
        let size = size.unwrap_or_default();
        errors.add(target, format!("`{size}` cannot be used: neither STANDARD_A0 nor sizes with premium storage can"));
    }
    upper
}

/// Upper case, as the service answered it, except for our own word. Only our version may leave it out.
pub(super) fn any_vm_size(target: &str, size: Option<&str>, version: ApiVersion, errors: &mut FieldErrors) -> String {
    let Some(size) = size else {
        if !version.is_ours() {
            errors.add(target, "it is required, such as STANDARD_NC6");
        }
        return LOCAL_SIZE.into();
    };
    if size.eq_ignore_ascii_case(LOCAL_SIZE) {
        return LOCAL_SIZE.into();
    }
    let upper = size.to_uppercase();
    if size.is_empty() || !size.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)) {
        errors.add(target, format!("`{size}` must be a VM size, such as STANDARD_NC6"));
    }
    upper
}

/// The image of nodes: as given, or what the service filled in (recordings of azure-cli, June 2018). Nodes of this
/// machine have none unless somebody names one.
pub(super) fn image(
    configuration: Option<&wire::VirtualMachineConfiguration>,
    vm_size: &str,
    errors: &mut FieldErrors,
) -> Option<Image> {
    const TARGET: &str = "properties.virtualMachineConfiguration.imageReference";
    let Some(reference) = configuration.and_then(|configuration| configuration.image_reference.as_ref()) else {
        return (vm_size != LOCAL_SIZE).then(|| Image {
            publisher: "Canonical".into(),
            offer: "UbuntuServer".into(),
            sku: "16.04-LTS".into(),
            version: "latest".into(),
            custom: None,
        });
    };
    let wire::ImageReference { publisher, offer, sku, version, virtual_machine_image_id } = reference;
    for (property, text) in [("publisher", publisher), ("offer", offer), ("sku", sku)] {
        super::check_filled(format!("{TARGET}.{property}"), text, errors);
    }
    Some(Image {
        publisher: publisher.clone(),
        offer: offer.clone(),
        sku: sku.clone(),
        version: version.clone().filter(|version| !version.is_empty()).unwrap_or_else(|| "latest".into()),
        custom: virtual_machine_image_id.clone().filter(|id| !id.is_empty()),
    })
}

/// The image as answered.
pub(super) fn image_back(image: &Image) -> wire::VirtualMachineConfiguration {
    let Image { publisher, offer, sku, version, custom } = image;
    wire::VirtualMachineConfiguration {
        image_reference: Some(wire::ImageReference {
            publisher: publisher.clone(),
            offer: offer.clone(),
            sku: sku.clone(),
            version: Some(version.clone()),
            virtual_machine_image_id: custom.clone(),
        }),
    }
}

/// The administrator. Only our version may leave out how to log in. A key is one line of an `authorized_keys` file.
pub(super) fn admin(
    target: &str,
    account: &wire::UserAccountSettings,
    rules: &Rules<'_>,
    errors: &mut FieldErrors,
) -> Admin {
    let wire::UserAccountSettings { admin_user_name, admin_user_ssh_public_key, admin_user_password } = account;
    super::check_filled(format!("{target}.adminUserName"), admin_user_name, errors);
    let key = admin_user_ssh_public_key.as_deref().map(str::trim).filter(|key| !key.is_empty());
    let password = admin_user_password.as_ref().filter(|password| !password.is_empty());
    if !rules.version.is_ours() && key.is_none() && password.is_none() {
        let message = "at least one of adminUserSshPublicKey and adminUserPassword must be given";
        errors.add(format!("{target}.adminUserSshPublicKey"), message);
    }
    if key.is_some_and(|key| key.contains(char::is_control)) {
        errors.add(format!("{target}.adminUserSshPublicKey"), "it must be one public key, on one line");
    }
    let password = password.map(|text| SecretValue::Sealed(rules.seal.seal(text)));
    Admin { name: admin_user_name.clone(), ssh_public_key: key.map(str::to_owned), password }
}

/// The administrator as answered: never a password.
pub(super) fn admin_back(admin: &Admin) -> wire::UserAccountSettings {
    wire::UserAccountSettings {
        admin_user_name: admin.name.clone(),
        admin_user_ssh_public_key: admin.ssh_public_key.clone(),
        admin_user_password: None,
    }
}
