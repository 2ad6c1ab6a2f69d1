"""The work on very many photos in shards, each of which writes its own files of results."""
