//! What the configuration asks for and this version does not do: an operator must not miss it in
//! silence.

use config::Config;

/// A sentence for each.
pub(crate) fn unheeded(config: &Config) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(file) = &config.log.file {
        let path = file.path.display();
        all.push(format!(
            "log_file has no effect yet: the log goes to standard error, not to {path}"
        ));
    }
    if !config.user_lockouts.is_empty() {
        all.push("user_lockout has no effect yet: there is no login with a password".to_owned());
    }
    for listener in config.listeners.iter().filter(|listener| listener.cors.is_some()) {
        let place = &listener.place;
        all.push(format!("{place}: cors_enabled has no effect yet: web pages may not ask"));
    }
    all
}
