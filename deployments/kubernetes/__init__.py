"""What runs evalflows on Kubernetes."""
