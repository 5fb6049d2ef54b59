//! `--image` and `--custom-image`: the image of the nodes.

use super::arm_id::is_arm_id;
use super::wrong;
use crate::api::cluster::ImageReference;
use crate::cli::report::Failure;

/// The short names of images, each with publisher, offer and SKU (azure-cli-batchai 0.4.10).
pub const ALIASES: [(&str, [&str; 3]); 2] = [
    ("UbuntuLTS", ["Canonical", "UbuntuServer", "16.04-LTS"]),
    ("UbuntuDSVM", ["microsoft-ads", "linux-data-science-vm-ubuntu", "linuxdsvmubuntu"]),
];

/// The image that the flags name; `None` when they name none.
///
/// # Errors
/// Says which of the flags cannot be understood.
pub fn image(image: Option<&str>, custom: Option<&str>) -> Result<Option<ImageReference>, Failure> {
    let Some(image) = image else {
        return match custom {
            Some(_) => Err(wrong("You need to specify --image argument with information about the custom image")),
            None => Ok(None),
        };
    };
    if custom.is_some_and(|id| !is_arm_id(id)) {
        return Err(wrong("Ill-formed custom image resource id"));
    }
    let base = if image.contains(':') { parts(image)? } else { alias(image)? };
    Ok(Some(ImageReference { virtual_machine_image_id: custom.map(str::to_owned), ..base }))
}

fn parts(image: &str) -> Result<ImageReference, Failure> {
    let parts: Vec<&str> = image.split(':').collect();
    let [publisher, offer, sku, version] = parts[..] else {
        return Err(wrong("--image must have format \"publisher:offer:sku:version\" or \"publisher:offer:sku:\""));
    };
    for (what, text) in [("publisher", publisher), ("offer", offer), ("sku", sku)] {
        if text.is_empty() {
            return Err(wrong(format!("Image {what} must be provided in --image argument")));
        }
    }
    Ok(reference([publisher, offer, sku], Some(version).filter(|version| !version.is_empty())))
}

fn alias(name: &str) -> Result<ImageReference, Failure> {
    let found = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(name));
    let Some((_, parts)) = found else {
        let known: Vec<&str> = ALIASES.iter().map(|(alias, _)| *alias).collect();
        let message = format!("Unsupported image alias \"{name}\", supported aliases are {}", known.join(", "));
        return Err(wrong(message));
    };
    Ok(reference(*parts, None))
}

fn reference([publisher, offer, sku]: [&str; 3], version: Option<&str>) -> ImageReference {
    ImageReference {
        publisher: publisher.to_owned(),
        offer: offer.to_owned(),
        sku: sku.to_owned(),
        version: version.map(str::to_owned),
        virtual_machine_image_id: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CUSTOM: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/mine";

    #[test]
    fn an_image_is_an_alias_or_its_four_parts() {
        let lts = image(Some("ubuntults"), None).expect("an image").expect("one");
        assert_eq!(lts, reference(["Canonical", "UbuntuServer", "16.04-LTS"], None));
        let dsvm = image(Some("UbuntuDSVM"), Some(CUSTOM)).expect("an image").expect("one");
        assert_eq!((dsvm.offer.as_str(), dsvm.virtual_machine_image_id.as_deref()), (ALIASES[1].1[1], Some(CUSTOM)));
        let whole = image(Some("p:o:s:1.0"), None).expect("an image");
        assert_eq!(whole, Some(reference(["p", "o", "s"], Some("1.0"))));
        assert_eq!(image(Some("p:o:s:"), None).expect("an image"), Some(reference(["p", "o", "s"], None)));
        assert_eq!(image(None, None).expect("nothing"), None);
    }

    #[test]
    fn what_is_no_image_is_told_in_the_words_of_az() {
        for (name, custom, expected) in [
            (None, Some(CUSTOM), "You need to specify --image argument with information about the custom image"),
            (Some("UbuntuLTS"), Some("mine"), "Ill-formed custom image resource id"),
            (Some(":o:s:v"), None, "Image publisher must be provided in --image argument"),
            (Some("p::s:v"), None, "Image offer must be provided in --image argument"),
            (Some("p:o::v"), None, "Image sku must be provided in --image argument"),
            (
                Some("p:o:s"),
                None,
                "--image must have format \"publisher:offer:sku:version\" or \"publisher:offer:sku:\"",
            ),
            (Some("Debian"), None, "Unsupported image alias \"Debian\", supported aliases are UbuntuLTS, UbuntuDSVM"),
        ] {
            assert_eq!(image(name, custom).expect_err("a failure").message, expected);
        }
    }
}
