# As file.hcl, but the server unseals itself with a key from a file.
#
# Whoever has the key and the data has everything: keep them apart, for example with the key in a
# credential of the service manager. Make one with
#
#   head -c 32 /dev/urandom | base64 > /etc/strongroom/unseal.key

storage "file" {
  path = "/var/lib/strongroom/data"
}

seal "static" {
  current_key_id = "2026-01"
  current_key    = "file:///etc/strongroom/unseal.key"
}

listener "tcp" {
  address       = "0.0.0.0:8200"
  tls_cert_file = "/etc/strongroom/tls/full-chain.pem"
  tls_key_file  = "/etc/strongroom/tls/key.pem"
}

api_addr = "https://strongroom.example.com:8200"

audit "file" "main" {
  options {
    file_path = "/var/log/strongroom/audit.log"
  }
}
