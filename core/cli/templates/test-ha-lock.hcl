# What `strongroom plugin test -config=test.hcl` opens the plugin with.
storage "inmem" {
}

ha_storage "{{name}}" {
}
