# A whole server, with a second listener for metrics alone within its own network.

storage "file" {
  path = "/var/lib/strongroom/data"
}

listener "tcp" {
  address       = "0.0.0.0:8200"
  tls_cert_file = "/etc/strongroom/tls/full-chain.pem"
  tls_key_file  = "/etc/strongroom/tls/key.pem"

  telemetry {
    disallow_metrics = true
  }
}

listener "tcp" {
  address     = "127.0.0.1:9200"
  tls_disable = true

  telemetry {
    metrics_only                   = true
    unauthenticated_metrics_access = true
  }
}

telemetry {
  prometheus_retention_time = "24h"
  disable_hostname          = true
}
