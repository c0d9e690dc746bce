//! The end of a server does not wait for what does not answer.

use std::{future::pending, time::Duration};

use super::seal;

#[tokio::test]
async fn a_storage_that_does_not_answer_does_not_keep_the_server() {
    let stopped = seal(pending(), Duration::from_millis(1));
    tokio::time::timeout(Duration::from_secs(10), stopped).await.unwrap();
}
