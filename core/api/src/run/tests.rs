//! Who waits is not asked before it is woken; who is dropped goes on; a panic is an answer.

use std::sync::atomic::{AtomicU32, Ordering};

use logical::Code;
use tokio::{sync::oneshot, task::yield_now, time::timeout};

use super::*;

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_request_that_yields_lets_others_go_first() {
    let turn = Arc::new(AtomicU32::new(0));
    let (first, second) = (Arc::clone(&turn), Arc::clone(&turn));
    let other = tokio::spawn(async move { second.fetch_add(1, Ordering::SeqCst) });
    let request = run(
        Box::pin(async move {
            yield_now().await;
            // The other task was ready before, and has had its turn.
            assert_eq!(first.fetch_add(1, Ordering::SeqCst), 1);
            Ok(Response::none())
        }),
        LONG,
    );
    request.await.unwrap();
    assert_eq!(other.await.unwrap(), 0);
}

#[tokio::test]
async fn a_dropped_request_goes_on() {
    let (go, gone) = oneshot::channel::<()>();
    let (tell, told) = oneshot::channel();
    let request = run(
        Box::pin(async move {
            let _ = gone.await;
            let _ = tell.send(());
            Ok(Response::none())
        }),
        LONG,
    );
    timeout(Duration::from_millis(1), request).await.unwrap_err();
    go.send(()).unwrap();
    told.await.unwrap();
}

#[tokio::test]
async fn dropped_work_goes_on() {
    let (go, gone) = oneshot::channel::<()>();
    let (tell, told) = oneshot::channel();
    let work = whole(async move {
        let _ = gone.await;
        let _ = tell.send(());
        Ok(())
    });
    timeout(Duration::from_millis(1), work).await.unwrap_err();
    go.send(()).unwrap();
    told.await.unwrap();
}

#[tokio::test]
async fn a_panic_is_an_answer() {
    let error = run(Box::pin(async { panic!("broken") }), LONG).await.unwrap_err();
    assert_eq!(error.code, Code::Internal);
}
