# One server, its data in a folder, TLS, and keys that people hold (Shamir).

storage "file" {
  path = "/var/lib/strongroom/data"
}

listener "tcp" {
  address       = "0.0.0.0:8200"
  tls_cert_file = "/etc/strongroom/tls/full-chain.pem"
  tls_key_file  = "/etc/strongroom/tls/key.pem"

  # Renewed certificates are taken without a restart.
  tls_auto_reload = true
}

# How clients reach this server. It must be in the certificate.
api_addr = "https://strongroom.example.com:8200"

# Every request is written down before it is answered.
audit "file" "main" {
  options {
    file_path = "/var/log/strongroom/audit.log"
  }
}

log_level = "info"
