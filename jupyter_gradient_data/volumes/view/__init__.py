"""How kernels and terminals see the volumes: namespaces, links or variables."""
